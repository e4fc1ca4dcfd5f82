import type { Scope } from 'eslint';
import type { Edit } from '../defining/define-rule.ts';
import { keyName, unwrap, type Node } from '../syntax/node.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

/** How an export of Tercet can be written at a place. */
export interface TercetName {
  /** `race`, or `core.race`. */
  readonly text: string;
  /** The edit that makes the name known: an import, where there is none yet. */
  readonly edits: readonly Edit[];
}

/**
 * Finds how to name an export of `@tercet/core` at a place: as the file has imported it, through a namespace, or with a new
 * import. Gives nothing where the name already means something else.
 */
export function tercetName(file: TercetFile, place: Node, name: string): TercetName | undefined {
  const known = topVariables(file).find((variable) => leadsTo(file, variable, name));
  if (known !== undefined) return visible(file, place, known) ? { text: known.name, edits: [] } : undefined;
  const namespace = topVariables(file).find((variable) => leadsTo(file, variable, '*'));
  if (namespace !== undefined && visible(file, place, namespace))
    return { text: `${namespace.name}.${name}`, edits: [] };
  return file.visibleAt(place, name) === undefined ? { text: name, edits: [newImport(file, name)] } : undefined;
}

function topVariables(file: TercetFile): Scope.Variable[] {
  const { globalScope } = file.sourceCode.scopeManager;
  const scopes = [globalScope, ...(globalScope?.childScopes ?? [])].filter(
    (scope) => scope?.type === 'global' || scope?.type === 'module',
  );
  return scopes.flatMap((scope) => scope?.variables ?? []).filter(({ defs }) => defs.length > 0);
}

function leadsTo(file: TercetFile, variable: Scope.Variable, name: string): boolean {
  const [identifier] = variable.identifiers as unknown as Node[];
  if (identifier === undefined || isTypeOnly(variable)) return false;
  const found = file.export(identifier);
  return found?.package === '@tercet/core' && found.name === name;
}

function isTypeOnly({ defs: [definition] }: Scope.Variable): boolean {
  const { node, parent } = (definition ?? {}) as unknown as { node?: Node; parent?: Node };
  return node?.importKind === 'type' || parent?.importKind === 'type';
}

function visible(file: TercetFile, place: Node, variable: Scope.Variable): boolean {
  return file.visibleAt(place, variable.name) === variable;
}

function newImport(file: TercetFile, name: string): Edit {
  const statements = file.sourceCode.ast.body as unknown as readonly Node[];
  for (const statement of statements) {
    const last = statement.specifiers?.at(-1);
    const extensible =
      statement.type === 'ImportDeclaration' &&
      statement.importKind !== 'type' &&
      file.packageOf(statement.source) === '@tercet/core';
    if (extensible && last?.type === 'ImportSpecifier') return after(last, `, ${name}`);
  }
  for (const { id, init } of statements.flatMap(({ declarations }) => declarations ?? [])) {
    const last = id?.type === 'ObjectPattern' ? id.properties?.at(-1) : undefined;
    const from = last?.type === 'Property' && init ? file.export(unwrap(init)) : undefined;
    if (last !== undefined && from?.package === '@tercet/core' && from.name === '*') return after(last, `, ${name}`);
  }
  const isModule = statements.some(({ type }) => /^(Import|Export)/.test(type)) || file.isModule;
  const statement = isModule
    ? `import { ${name} } from '@tercet/core';`
    : `const { ${name} } = require('@tercet/core');`;
  // Directives stay in front.
  const first = statements.find((one) => !isDirective(one)) ?? statements[0];
  return (fixer) => fixer.insertTextBefore(first as never, `${statement}\n`);
}

function isDirective({ type, expression }: Node): boolean {
  const literal = type === 'ExpressionStatement' ? (expression as Node) : undefined;
  return literal?.type === 'Literal' && keyName(literal) !== undefined;
}

export function after(node: Node, text: string): Edit {
  return (fixer) => fixer.insertTextAfter(node as never, text);
}

export function before(node: Node, text: string): Edit {
  return (fixer) => fixer.insertTextBefore(node as never, text);
}

export function replaced(node: Node, text: string): Edit {
  return (fixer) => fixer.replaceText(node as never, text);
}
