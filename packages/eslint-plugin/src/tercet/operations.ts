import { resultExpression } from '../syntax/functions.ts';
import { methodCall, unwrap, type Node } from '../syntax/node.ts';
import { runningWhenCalled } from '../syntax/walk.ts';
import { operationMethods, operations } from './exports.ts';
import { knownInstance } from './instances.ts';
import { functionCalled } from './local-functions.ts';
import type { TercetFile } from './tercet-file.ts';

/** The name of the operation that a call begins, if any: `sleep`, `receive`. */
export function operationOf(file: TercetFile, expression: Node): string | undefined {
  const call = unwrap(expression);
  if (call.type !== 'CallExpression') return undefined;
  const exported = file.export(call.callee!);
  if (exported !== undefined) return operations[exported.package]?.has(exported.name) ? exported.name : undefined;
  const method = methodCall(call);
  const owner = method && knownInstance(file, unwrap(method.object), 0);
  if (owner !== undefined) return operationMethods[owner]?.has(method!.name) ? method!.name : undefined;
  return file.types?.operation(call);
}

/** The same, also through the functions of this file: `work()` begins one if `work` is async and waits for one. */
export function beginsOperation(file: TercetFile, expression: Node): string | undefined {
  return begins(file, expression, new Set());
}

/** Looks into each function once, however they call each other. */
function begins(file: TercetFile, expression: Node, seen: Set<Node>): string | undefined {
  const call = unwrap(expression);
  const direct = operationOf(file, call);
  if (direct !== undefined || call.type !== 'CallExpression') return direct;
  const fn = functionCalled(file, call);
  if (fn === undefined || seen.has(fn)) return undefined;
  seen.add(fn);
  return waitsForOperation(file, fn, seen) ? file.text(call.callee!) : undefined;
}

function waitsForOperation(file: TercetFile, fn: Node, seen: Set<Node>): boolean {
  const result = resultExpression(fn);
  if (result !== undefined && begins(file, result, seen) !== undefined) return true;
  if (fn.async !== true || fn.generator === true) return false;
  for (const node of runningWhenCalled(fn, file.keys)) {
    const awaited = node.type === 'AwaitExpression' || node.type === 'ReturnStatement' ? node.argument : undefined;
    if (awaited && begins(file, awaited, seen) !== undefined) return true;
  }
  return false;
}
