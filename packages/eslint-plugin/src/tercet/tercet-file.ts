import type { Rule, Scope } from 'eslint';
import { isFunction, isWithin, resultExpression, type FunctionNode } from '../syntax/functions.ts';
import { isIdentifier, keyName, memberName, methodCall, unwrap, type Node } from '../syntax/node.ts';
import { runningWhenCalled, waits, type VisitorKeys } from '../syntax/walk.ts';
import {
  methodResults,
  methodTakers,
  operationMethods,
  operations,
  results,
  takers,
  type Export,
  type Taking,
} from './exports.ts';
import { TypeServices, type ParserServices } from './type-services.ts';

/** A call of Tercet that takes a function. */
export interface Taker extends Taking {
  /** `moveOnAfter`, or with its class in front: `Nursery.startSoon`. */
  readonly name: string;
  readonly call: Node;
}

// A chain of definitions, such as `const a = b`, is followed so far.
const farthest = 8;

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

  /** Whether a name means what the platform gives everybody. */
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

  /** What an expression names: something that a package of Tercet exports. */
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

  /** The class of Tercet that an expression is an instance of, as far as the file, or the types, say. */
  instance(expression: Node, depth = 0): string | undefined {
    const node = unwrap(expression);
    if (depth > farthest) return undefined;
    return this.#knownInstance(node, depth + 1) ?? (depth === 0 ? this.types?.className(node) : undefined);
  }

  #knownInstance(node: Node, depth: number): string | undefined {
    switch (node.type) {
      case 'NewExpression':
        return this.export(node.callee!)?.name;
      case 'AwaitExpression':
      case 'CallExpression': {
        const given = this.#given(node.type === 'AwaitExpression' ? unwrap(node.argument!) : node, depth);
        return typeof given === 'string' ? given : undefined;
      }
      case 'Identifier':
        return this.#instanceInVariable(node, depth);
      case 'MemberExpression': {
        if (node.object?.type === 'ThisExpression') return this.#instanceInField(node, depth);
        const owner = memberName(node) === 'cancelScope' ? this.instance(node.object!, depth) : undefined;
        return owner === 'Nursery' ? 'CancelScope' : undefined;
      }
      default:
        return undefined;
    }
  }

  #given(call: Node, depth: number): string | readonly string[] | undefined {
    const name = this.calls(call);
    if (name !== undefined) return results[name];
    const method = methodCall(call);
    const owner = method && this.instance(method.object, depth);
    return owner === undefined ? undefined : methodResults[owner]?.[method!.name];
  }

  #instanceInVariable(identifier: Node, depth: number): string | undefined {
    const variable = this.variableOf(identifier);
    const definition = variable?.defs[0];
    if (definition?.type === 'Parameter') {
      const parameter = definition.name as unknown as Node;
      return this.#annotated(parameter) ?? this.#given0(definition.node as unknown as Node, parameter);
    }
    if (definition?.type !== 'Variable') return undefined;
    const { id } = definition.node as unknown as Node;
    const annotated = id && this.#annotated(id);
    if (annotated) return annotated;
    const init = this.definition(variable)?.init;
    if (!init) return undefined;
    if (id?.type === 'Identifier') return this.instance(init, depth);
    if (id?.type !== 'ArrayPattern') return undefined;
    const given = this.#given(unwrap(init), depth);
    const index = id.elements?.findIndex((element) => nameOfPattern(element) === identifier.name) ?? -1;
    return Array.isArray(given) ? given[index] : undefined;
  }

  /** What the first parameter of a function is, from the call that takes the function. */
  #given0(fn: Node, parameter: Node): string | undefined {
    return nameOfPattern(fn.params?.[0]) === parameter.name ? this.takerOf(fn)?.gives : undefined;
  }

  #instanceInField(member: Node, depth: number): string | undefined {
    const name = memberName(member);
    for (const field of membersAround(member)) {
      if (field.key && keyName(field.key, field.computed === true) === name && field.type === 'PropertyDefinition') {
        return this.#annotated(field) ?? (field.value ? this.instance(field.value as Node, depth) : undefined);
      }
      const parameters = field.kind === 'constructor' ? ((field.value as Node).params ?? []) : [];
      const parameter = parameters.find(
        (one) => one.type === 'TSParameterProperty' && nameOfPattern(one.parameter) === name,
      );
      if (parameter?.parameter) return this.#annotated(parameter.parameter);
    }
    return undefined;
  }

  /** The class of Tercet that a type annotation names. */
  #annotated(target: Node): string | undefined {
    const type = target.typeAnnotation?.typeAnnotation;
    const named = (type?.types ?? [type]).flatMap((one) => (one?.typeName ? [this.#typeNamed(one.typeName)] : []));
    return named.find((name) => name !== undefined);
  }

  #typeNamed(name: Node): string | undefined {
    if (name.type === 'Identifier') return this.export(name)?.name;
    const from = name.left && this.export(name.left);
    return from?.name === '*' ? name.right?.name : undefined;
  }

  /** The class that a pattern or parameter is annotated with, for rules that look at declarations. */
  annotation(target: Node): string | undefined {
    return this.#annotated(target);
  }

  /** What an operation is called, if a call begins one: `sleep`, `receive`. */
  operation(expression: Node): string | undefined {
    const call = unwrap(expression);
    if (call.type !== 'CallExpression') return undefined;
    const exported = this.export(call.callee!);
    if (exported !== undefined) return operations[exported.package]?.has(exported.name) ? exported.name : undefined;
    const method = methodCall(call);
    const owner = method && this.#knownInstance(unwrap(method.object), 0);
    if (owner !== undefined) return operationMethods[owner]?.has(method!.name) ? method!.name : undefined;
    return this.types?.operation(call);
  }

  /** The same, also through the functions of this file: `work()` begins one if `work` is async and waits for one. */
  beginsOperation(expression: Node, depth = 0): string | undefined {
    const call = unwrap(expression);
    const direct = this.operation(call);
    if (direct !== undefined || depth > farthest || call.type !== 'CallExpression') return direct;
    const fn = this.functionCalled(call);
    return fn !== undefined && this.#waitsForOperation(fn, depth + 1) ? this.text(call.callee!) : undefined;
  }

  #waitsForOperation(fn: Node, depth: number): boolean {
    const result = resultExpression(fn);
    if (result !== undefined && this.beginsOperation(result, depth) !== undefined) return true;
    if (fn.async !== true || fn.generator === true) return false;
    for (const node of runningWhenCalled(fn, this.keys)) {
      const awaited = node.type === 'AwaitExpression' || node.type === 'ReturnStatement' ? node.argument : undefined;
      if (awaited && this.beginsOperation(awaited, depth) !== undefined) return true;
    }
    return false;
  }

  /** The function of this file that a call calls: by its name, or as a method of the same class. */
  functionCalled(call: Node): FunctionNode | undefined {
    const method = methodCall(call);
    if (method !== undefined && unwrap(method.object).type === 'ThisExpression')
      return methodOfClass(call, method.name);
    return call.callee && this.functionNamed(call.callee);
  }

  /** The function that an expression is, or names, in this file. */
  functionNamed(expression: Node): FunctionNode | undefined {
    const node = unwrap(expression);
    if (isFunction(node)) return node;
    if (node.type !== 'Identifier') return undefined;
    const variable = this.variableOf(node);
    const [definition, ...others] = variable?.defs ?? [];
    const declared = definition?.type === 'FunctionName' ? (definition.node as unknown as Node) : undefined;
    const value = declared ?? this.definition(variable)?.init;
    const fn = value && unwrap(value);
    return others.length === 0 && isFunction(fn) && fn.body ? fn : undefined;
  }

  /** The call of Tercet that takes this function, written in its place, and runs it. */
  takerOf(fn: Node): Taker | undefined {
    let argument = fn;
    while (argument.parent && unwrap(argument.parent) === fn) argument = argument.parent;
    const inArray = argument.parent?.type === 'ArrayExpression';
    const taken = inArray ? argument.parent! : argument;
    const call = taken.parent;
    const taker = call?.type === 'CallExpression' ? this.taking(call) : undefined;
    if (taker === undefined || call?.arguments?.[taker.at] !== taken) return undefined;
    return inArray === (taker.several === true) ? taker : undefined;
  }

  /** Whether, and how, a call takes a function. */
  taking(call: Node): Taker | undefined {
    const exported = this.export(call.callee!);
    if (exported !== undefined) {
      const taking = takers[exported.package]?.[exported.name];
      return taking && { ...taking, name: exported.name, call };
    }
    const method = methodCall(call);
    const owner = method && (this.instance(method.object) ?? (method.name === 'startSoon' ? 'Nursery' : undefined));
    const taking = owner === undefined ? undefined : methodTakers[owner]?.[method!.name];
    return taking && { ...taking, name: `${owner}.${method!.name}`, call };
  }

  /** Whether a variable is declared within a node. */
  declaredIn(variable: Scope.Variable | undefined, container: Node): boolean {
    return (variable?.defs ?? []).some(({ name }) => isWithin(name as unknown as Node, container));
  }

  /** Whether calling a function makes the caller's turn wait for something. */
  waitsWhenCalled(fn: Node): boolean {
    for (const node of runningWhenCalled(fn, this.keys)) if (waits(node)) return true;
    return false;
  }
}

/** The name that a pattern binds, if it is only one: `a`, `a = 1`, `...a`. */
export function nameOfPattern(pattern: Node | null | undefined): string | undefined {
  if (pattern?.type === 'AssignmentPattern') return nameOfPattern(pattern.left);
  if (pattern?.type === 'RestElement') return nameOfPattern(pattern.argument);
  if (pattern?.type === 'TSParameterProperty') return nameOfPattern(pattern.parameter);
  return pattern?.type === 'Identifier' ? pattern.name : undefined;
}

/** The members of the class that a node is in. */
function membersAround(node: Node): readonly Node[] {
  let body = node.parent;
  while (body && body.type !== 'ClassBody') body = body.parent;
  return (body?.body ?? []) as readonly Node[];
}

function methodOfClass(call: Node, name: string): FunctionNode | undefined {
  const named = membersAround(call).find(({ key, computed }) => key && keyName(key, computed === true) === name);
  const fn = named?.value as Node | undefined;
  return isFunction(fn) && fn.body ? fn : undefined;
}
