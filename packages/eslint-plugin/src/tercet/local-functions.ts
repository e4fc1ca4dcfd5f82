import { isFunction, type FunctionNode } from '../syntax/functions.ts';
import { keyName, membersAround, methodCall, unwrap, type Node } from '../syntax/node.ts';
import { runningWhenCalled, waits } from '../syntax/walk.ts';
import type { TercetFile } from './tercet-file.ts';

/** The function of this file that a call calls: by its name, or as a method of the same class. */
export function functionCalled(file: TercetFile, call: Node): FunctionNode | undefined {
  const method = methodCall(call);
  if (method !== undefined && unwrap(method.object).type === 'ThisExpression') return methodOfClass(call, method.name);
  return call.callee && functionNamed(file, call.callee);
}

/** The function that an expression is, or names, in this file. */
export function functionNamed(file: TercetFile, expression: Node): FunctionNode | undefined {
  const node = unwrap(expression);
  if (isFunction(node)) return node;
  if (node.type !== 'Identifier') return undefined;
  const variable = file.variableOf(node);
  const [definition, ...others] = variable?.defs ?? [];
  const declared = definition?.type === 'FunctionName' ? (definition.node as unknown as Node) : undefined;
  const value = declared ?? file.definition(variable)?.init;
  const fn = value && unwrap(value);
  return others.length === 0 && isFunction(fn) && fn.body ? fn : undefined;
}

/** Whether calling a function makes the caller's turn wait for something. */
export function waitsWhenCalled(file: TercetFile, fn: Node): boolean {
  for (const node of runningWhenCalled(fn, file.keys)) if (waits(node)) return true;
  return false;
}

function methodOfClass(call: Node, name: string): FunctionNode | undefined {
  const named = membersAround(call).find(({ key, computed }) => key && keyName(key, computed === true) === name);
  const fn = named?.value as Node | undefined;
  return isFunction(fn) && fn.body ? fn : undefined;
}
