// ESLint, typescript-eslint and oxlint agree on the shape of their syntax trees (ESTree and its TypeScript dialect), but the
// types that they publish for it do not know each other, and those of ESTree lack parents. The rules read a dozen fields of
// some fifty kinds of node, so one wide type serves them better than fifty narrow ones.

/** A node of the syntax tree, with the fields that the rules read. Which of them are there depends on `type`. */
export interface Node {
  readonly type: string;
  readonly parent?: Node | null;
  readonly range: readonly [start: number, end: number];

  readonly name?: string;
  readonly value?: unknown;
  readonly kind?: string;
  readonly operator?: string;
  readonly computed?: boolean;
  readonly async?: boolean;
  readonly generator?: boolean;
  readonly await?: boolean;
  readonly importKind?: string;

  readonly callee?: Node;
  readonly arguments?: readonly Node[];
  readonly object?: Node;
  readonly property?: Node;
  readonly argument?: Node | null;
  readonly expression?: Node | boolean;
  readonly expressions?: readonly Node[];
  readonly elements?: readonly (Node | null)[];
  readonly properties?: readonly Node[];
  readonly key?: Node;
  readonly left?: Node;
  readonly right?: Node;
  readonly test?: Node | null;
  readonly update?: Node | null;
  readonly init?: Node | null;
  readonly consequent?: Node | readonly Node[];
  readonly alternate?: Node | null;
  readonly discriminant?: Node;
  readonly cases?: readonly Node[];

  readonly id?: Node | null;
  readonly params?: readonly Node[];
  readonly param?: Node | null;
  readonly body?: Node | readonly Node[] | null;
  readonly block?: Node;
  readonly handler?: Node | null;
  readonly finalizer?: Node | null;
  readonly declarations?: readonly Node[];
  readonly superClass?: Node | null;

  readonly source?: Node;
  readonly specifiers?: readonly Node[];
  readonly imported?: Node;
  readonly local?: Node;
  readonly moduleReference?: Node;

  readonly typeAnnotation?: Node | null;
  readonly typeName?: Node;
  readonly returnType?: Node | null;
  readonly typeArguments?: Node | null;
  readonly types?: readonly Node[];
  readonly parameter?: Node;
}

const wrappers = new Set([
  'ChainExpression',
  'ParenthesizedExpression',
  'TSAsExpression',
  'TSNonNullExpression',
  'TSSatisfiesExpression',
  'TSTypeAssertion',
]);

/** An expression without what changes only its type, or how it is written. */
export function unwrap(node: Node): Node {
  let inner = node;
  while (wrappers.has(inner.type)) inner = inner.expression as Node;
  return inner;
}

/** The parent of an expression, past nodes that change only its type. */
export function outside(node: Node): Node | undefined {
  let outer = node.parent ?? undefined;
  while (outer !== undefined && wrappers.has(outer.type)) outer = outer.parent ?? undefined;
  return outer;
}

/** The statements of a block, or the one statement where there is no block. */
export function statementsOf(node: Node | readonly Node[] | null | undefined): readonly Node[] {
  if (node === null || node === undefined) return [];
  if (isList(node)) return node;
  return node.type === 'BlockStatement' ? statementsOf(node.body) : [node];
}

function isList(node: Node | readonly Node[]): node is readonly Node[] {
  return Array.isArray(node);
}

/** The name of a member, if the source says it: `a.b`, `a['b']`, `a.#b`. */
export function memberName(node: Node): string | undefined {
  return node.type === 'MemberExpression' && node.property !== undefined
    ? keyName(node.property, node.computed === true)
    : undefined;
}

/** The name that a key stands for: of a member, of a property, of an imported name. */
export function keyName(key: Node, computed = false): string | undefined {
  if (key.type === 'PrivateIdentifier') return `#${key.name}`;
  if (key.type === 'Identifier' && !computed) return key.name;
  return key.type === 'Literal' && typeof key.value === 'string' ? key.value : undefined;
}

/** A call of a method: the object, and the method's name. */
export function methodCall(call: Node): { object: Node; name: string } | undefined {
  if (call.type !== 'CallExpression' || call.callee === undefined) return undefined;
  const callee = unwrap(call.callee);
  const name = memberName(callee);
  return name === undefined || callee.object === undefined ? undefined : { object: callee.object, name };
}

export function isIdentifier(node: Node | null | undefined, name?: string): node is Node & { readonly name: string } {
  return node?.type === 'Identifier' && (name === undefined || node.name === name);
}

/** The name that a pattern binds, if it is only one: `a`, `a = 1`, `...a`. */
export function nameOfPattern(pattern: Node | null | undefined): string | undefined {
  if (pattern?.type === 'AssignmentPattern') return nameOfPattern(pattern.left);
  if (pattern?.type === 'RestElement') return nameOfPattern(pattern.argument);
  if (pattern?.type === 'TSParameterProperty') return nameOfPattern(pattern.parameter);
  return pattern?.type === 'Identifier' ? pattern.name : undefined;
}

/** The members of the class that a node is in. */
export function membersAround(node: Node): readonly Node[] {
  let body = node.parent;
  while (body && body.type !== 'ClassBody') body = body.parent;
  return (body?.body ?? []) as readonly Node[];
}
