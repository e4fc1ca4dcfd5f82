import type { Node } from './node.ts';
import { statementsOf, unwrap } from './node.ts';

/** A function that is written in its place, or declared. */
export interface FunctionNode extends Node {
  readonly type: 'ArrowFunctionExpression' | 'FunctionDeclaration' | 'FunctionExpression';
}

export function isFunction(node: Node | null | undefined): node is FunctionNode {
  return (
    node?.type === 'ArrowFunctionExpression' ||
    node?.type === 'FunctionExpression' ||
    node?.type === 'FunctionDeclaration'
  );
}

/** The function that a node is in, or nothing at the top of the file, or in the initial value of a class's field. */
export function functionAround(node: Node): Node | undefined {
  let outer = node.parent;
  while (outer !== null && outer !== undefined && !isFunction(outer)) {
    if (outer.type === 'PropertyDefinition' || outer.type === 'StaticBlock') return undefined;
    outer = outer.parent;
  }
  return outer ?? undefined;
}

/** Whether `await` may stand where the node is. */
export function mayAwait(node: Node, isModule: boolean): boolean {
  for (let outer = node.parent; outer !== null && outer !== undefined; outer = outer.parent) {
    if (isFunction(outer)) return outer.async === true;
    if (outer.type === 'PropertyDefinition' || outer.type === 'StaticBlock') return false;
  }
  return isModule;
}

/** Whether one node is, or lies in, another one. */
export function isWithin(node: Node, container: Node): boolean {
  return container.range[0] <= node.range[0] && node.range[1] <= container.range[1];
}

/** The expression that an arrow function without a block gives back. */
export function resultExpression(fn: Node): Node | undefined {
  const { body } = fn;
  if (body === null || body === undefined || Array.isArray(body)) return undefined;
  return (body as Node).type === 'BlockStatement' ? undefined : unwrap(body as Node);
}

/** The statements of a function with a block. */
export function bodyStatements(fn: Node): readonly Node[] {
  return resultExpression(fn) === undefined ? statementsOf(fn.body) : [];
}
