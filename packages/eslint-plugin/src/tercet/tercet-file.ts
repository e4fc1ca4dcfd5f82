import type { Rule, Scope } from 'eslint';
import { isWithin } from '../syntax/functions.ts';
import { isIdentifier, keyName, memberName, nameOfPattern, unwrap, type Node } from '../syntax/node.ts';
import type { VisitorKeys } from '../syntax/walk.ts';
import type { Export } from './exports.ts';
import { TypeServices, type ParserServices } from './type-services.ts';

// A chain of definitions, such as `const a = b`, is followed so far.
export const farthest = 8;

/** A file as the rules see it: which of its names lead to Tercet, and what is known about its expressions. */
export class TercetFile {
  readonly sourceCode: Rule.RuleContext['sourceCode'];
  readonly keys: VisitorKeys;
  readonly types: TypeServices | undefined;
  readonly isModule: boolean;
  readonly #modules: Readonly<Record<string, string>>;

  constructor({ sourceCode, settings }: Pick<Rule.RuleContext, 'sourceCode' | 'settings'>) {
    this.sourceCode = sourceCode;
    this.keys = sourceCode.visitorKeys;
    this.types = TypeServices.of(sourceCode.parserServices as ParserServices | undefined);
    this.isModule = (sourceCode.ast.sourceType ?? 'module') === 'module';
    this.#modules = (settings as { tercet?: { modules?: Readonly<Record<string, string>> } }).tercet?.modules ?? {};
  }

  /** Whether the file gets anything from Tercet, be it only types. Where it does not, no rule has anything to say. */
  get usesTercet(): boolean {
    const mentioned = ['@tercet/', ...Object.keys(this.#modules)].some((name) => this.sourceCode.text.includes(name));
    return mentioned && (this.#importsTercet() || this.#loadsTercet());
  }

  #importsTercet(): boolean {
    return (this.sourceCode.ast.body as unknown as readonly Node[]).some(
      ({ source, moduleReference }) => this.packageOf(source ?? (moduleReference?.expression as Node)) !== undefined,
    );
  }

  #loadsTercet(): boolean {
    const loads = this.sourceCode.text.matchAll(/\b(?:require|import)\s*\(\s*(['"])(.*?)\1/g);
    return [...loads].some(([, , specifier]) => this.#packageNamed(specifier) !== undefined);
  }

  /** The package of Tercet that a specifier, as the source has it, leads to. */
  packageOf(specifier: Node | undefined): string | undefined {
    return specifier?.type === 'Literal' ? this.#packageNamed(specifier.value) : undefined;
  }

  #packageNamed(specifier: unknown): string | undefined {
    if (typeof specifier !== 'string') return undefined;
    const own = Object.hasOwn(this.#modules, specifier) ? this.#modules[specifier] : undefined;
    return own ?? /^@tercet\/[^/]+/.exec(specifier)?.[0];
  }

  text(node: Node): string {
    return this.sourceCode.text.slice(...node.range);
  }

  /** The variable that a name means where it stands. */
  variableOf(identifier: Node): Scope.Variable | undefined {
    return this.visibleAt(identifier, identifier.name ?? '');
  }

  /** The variable that a name would mean at a place. */
  visibleAt(place: Node, name: string): Scope.Variable | undefined {
    let scope: Scope.Scope | null = this.sourceCode.getScope(place as never);
    while (scope !== null) {
      const variable = scope.set.get(name);
      if (variable !== undefined) return variable;
      scope = scope.upper;
    }
    return undefined;
  }

  /** Whether a name refers to a global of the platform. */
  isGlobal(identifier: Node, name: string): boolean {
    return isIdentifier(identifier, name) && (this.variableOf(identifier)?.defs.length ?? 0) === 0;
  }

  /** Where a variable's value comes from, when that is one expression: what it is declared with, and never changed. */
  definition(variable: Scope.Variable | undefined): { declarator: Node; init: Node } | undefined {
    const [definition, ...others] = variable?.defs ?? [];
    if (definition?.type !== 'Variable' || others.length > 0 || variable === undefined) return undefined;
    const declarator = definition.node as unknown as Node;
    const changed = variable.references.some((reference) => reference.isWrite() && reference.init !== true);
    return changed || !declarator.init ? undefined : { declarator, init: declarator.init };
  }

  /** The export of a package of Tercet that an expression names. */
  export(expression: Node, depth = 0): Export | undefined {
    const node = unwrap(expression);
    if (depth > farthest) return undefined;
    switch (node.type) {
      case 'Identifier':
        return this.#exportOfVariable(node, depth + 1);
      case 'MemberExpression': {
        const name = memberName(node);
        const from = name === undefined ? undefined : this.export(node.object!, depth + 1);
        return from?.name === '*' ? { package: from.package, name: name! } : undefined;
      }
      case 'AwaitExpression': {
        const { type, source } = unwrap(node.argument!);
        const from = type === 'ImportExpression' ? this.packageOf(source) : undefined;
        return from === undefined ? undefined : { package: from, name: '*' };
      }
      case 'CallExpression': {
        const from = this.#isRequire(node.callee!) ? this.packageOf(node.arguments?.[0]) : undefined;
        return from === undefined ? undefined : { package: from, name: '*' };
      }
      default:
        return undefined;
    }
  }

  #isRequire(callee: Node): boolean {
    if (!isIdentifier(callee, 'require')) return false;
    const made = this.definition(this.variableOf(callee))?.init;
    return (
      this.isGlobal(callee, 'require') ||
      (made?.type === 'CallExpression' && isIdentifier(made.callee, 'createRequire'))
    );
  }

  #exportOfVariable(identifier: Node, depth: number): Export | undefined {
    const variable = this.variableOf(identifier);
    const [definition] = variable?.defs ?? [];
    if (definition?.type === 'ImportBinding') {
      return this.#exportOfImport(definition.node as unknown as Node, definition.parent as Node | null);
    }
    const { declarator, init } = this.definition(variable) ?? {};
    if (declarator === undefined || init === undefined) return undefined;
    if (declarator.id?.type === 'Identifier') return this.export(init, depth);
    const property = declarator.id?.properties?.find(({ value }) => nameOfPattern(value as Node) === identifier.name);
    const name = property?.key === undefined ? undefined : keyName(property.key, property.computed === true);
    const from = name === undefined ? undefined : this.export(init, depth);
    return from?.name === '*' ? { package: from.package, name: name! } : undefined;
  }

  #exportOfImport(binding: Node, declaration: Node | null): Export | undefined {
    const reference = binding.moduleReference?.expression as Node | undefined;
    const from = this.packageOf(declaration?.source ?? reference);
    if (from === undefined) return undefined;
    return { package: from, name: binding.type === 'ImportSpecifier' ? (keyName(binding.imported!) ?? '') : '*' };
  }

  /** The name of what a call calls, if it is exported by one of these packages. */
  calls(call: Node, ...from: readonly string[]): string | undefined {
    const found = call.type === 'CallExpression' && call.callee ? this.export(call.callee) : undefined;
    return found !== undefined && (from.length === 0 || from.includes(found.package)) ? found.name : undefined;
  }

  /** Whether a variable is declared within a node. */
  declaredIn(variable: Scope.Variable | undefined, container: Node): boolean {
    return (variable?.defs ?? []).some(({ name }) => isWithin(name as unknown as Node, container));
  }
}
