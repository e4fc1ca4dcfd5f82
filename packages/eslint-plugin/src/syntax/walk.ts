import { isFunction } from './functions.ts';
import type { Node } from './node.ts';

/** Which fields of a node hold its children, by its type. */
export type VisitorKeys = Readonly<Record<string, readonly string[] | undefined>>;

export function childrenOf(node: Node, keys: VisitorKeys): Node[] {
  const fields = node as unknown as Readonly<Record<string, unknown>>;
  return (keys[node.type] ?? []).flatMap((key) => fields[key] ?? []).filter(isNode);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** The node and all that is below it, in the order of the source. */
export function* everything(node: Node, keys: VisitorKeys): Generator<Node> {
  yield node;
  for (const child of childrenOf(node, keys)) yield* everything(child, keys);
}

/** The same without what is inside nested functions: it runs at another time, or not at all. */
export function* runningIn(node: Node, keys: VisitorKeys): Generator<Node> {
  yield node;
  if (isFunction(node)) return;
  for (const child of childrenOf(node, keys)) yield* runningIn(child, keys);
}

/** The code that runs when a function is called. */
export function* runningWhenCalled(fn: Node, keys: VisitorKeys): Generator<Node> {
  for (const child of childrenOf(fn, keys)) yield* runningIn(child, keys);
}

/**
 * Whether a node makes the function around it wait: `await`, `for await`, `await using`, or `yield`, which lets the
 * consumer wait.
 */
export function waits(node: Node): boolean {
  return (
    node.type === 'AwaitExpression' ||
    node.type === 'YieldExpression' ||
    (node.type === 'ForOfStatement' && node.await === true) ||
    (node.type === 'VariableDeclaration' && node.kind === 'await using')
  );
}
