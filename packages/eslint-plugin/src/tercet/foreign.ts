import { builtinModules } from 'node:module';
import { isFunction } from '../syntax/functions.ts';
import { isIdentifier, memberName, unwrap, type Node } from '../syntax/node.ts';
import { everything } from '../syntax/walk.ts';
import { functionNamed, waitsWhenCalled } from './local-functions.ts';
import { operationOf } from './operations.ts';
import type { TercetFile } from './tercet-file.ts';

const farthest = 8;

/**
 * Whether an expression is certainly a promise, or another value, of foreign code: of Node, of a library, of the platform.
 * Such a promise knows nothing of cancel scopes: awaiting it is not a checkpoint.
 */
export function isForeign(file: TercetFile, expression: Node, depth = 0): boolean {
  const node = unwrap(expression);
  if (depth > farthest || operationOf(file, node) !== undefined) return false;
  switch (node.type) {
    case 'AwaitExpression':
      return isForeign(file, node.argument!, depth + 1);
    case 'ArrayExpression':
      return (node.elements ?? []).every((element) => element === null || isForeign(file, element, depth + 1));
    case 'NewExpression':
    case 'CallExpression':
      return isForeignCall(file, node, depth + 1);
    case 'Identifier':
    case 'MemberExpression':
      return isRootedAbroad(file, node, depth + 1);
    case 'Literal':
    case 'TemplateLiteral':
      return true;
    default:
      return false;
  }
}

function isForeignCall(file: TercetFile, call: Node, depth: number): boolean {
  const callee = unwrap(call.callee!);
  const given = call.arguments ?? [];
  const combines = callee.type === 'MemberExpression' && file.isGlobal(unwrap(callee.object!), 'Promise');
  if (combines && memberName(callee) !== 'resolve') return given.every((argument) => isForeign(file, argument, depth));
  return isRootedAbroad(file, callee, depth) && !given.some((argument) => mayRunOurs(file, argument));
}

/** Whether a function that foreign code gets may be one of ours. It may wait, and its promise may then be the result. */
function mayRunOurs(file: TercetFile, argument: Node): boolean {
  for (const node of everything(argument, file.keys)) {
    if (isFunction(node) && waitsWhenCalled(file, node)) return true;
    if (!isIdentifier(node)) continue;
    if (file.export(node) !== undefined) return true;
    const fn = functionNamed(file, node);
    if (fn !== undefined && waitsWhenCalled(file, fn)) return true;
  }
  return false;
}

/** Follows `a.b().c` to `a`, and `a` to what it was made of. */
function isRootedAbroad(file: TercetFile, expression: Node, depth: number): boolean {
  const root = rootOf(expression);
  if (root.type === 'NewExpression') return isForeign(file, root, depth);
  if (!isIdentifier(root)) return false;
  const variable = file.variableOf(root);
  const [definition] = variable?.defs ?? [];
  if (definition === undefined) return platform.has(root.name);
  if (definition.type === 'ImportBinding') {
    const { source } = (definition.parent ?? {}) as unknown as Node;
    return isOutside(source?.value) && file.packageOf(source) === undefined;
  }
  const made = file.definition(variable)?.init;
  if (made === undefined) return false;
  const value = unwrap(made);
  const isRequired = value.type === 'CallExpression' && isIdentifier(unwrap(value.callee!), 'require');
  if (isRequired) return isOutside(value.arguments?.[0]?.value) && file.packageOf(value.arguments?.[0]) === undefined;
  return value.type !== 'Literal' && isForeign(file, value, depth);
}

/** Global names, which need no import. Another name without a declaration may be anything. */
const platform = new Set([
  ...['Atomics', 'Blob', 'Bun', 'Deno', 'Promise', 'Request', 'Response', 'WebAssembly'],
  ...['caches', 'console', 'crypto', 'fetch', 'globalThis', 'indexedDB', 'navigator', 'process', 'scheduler'],
]);

function rootOf(expression: Node): Node {
  let node = unwrap(expression);
  while (node.type === 'MemberExpression' || node.type === 'CallExpression') {
    node = unwrap((node.type === 'MemberExpression' ? node.object : node.callee)!);
  }
  return node;
}

/** `node:fs`, `express`, `@scope/name`: no file of the project, as far as the name says. */
function isOutside(specifier: unknown): boolean {
  if (typeof specifier !== 'string') return false;
  return builtinModules.includes(specifier) || /^(node:|@?[a-z\d])/i.test(specifier);
}

/** Whether foreign code calls a function at any time, because a call passes it on. */
export function isCalledFromAbroad(file: TercetFile, fn: Node): boolean {
  let argument = fn;
  while (argument.parent && unwrap(argument.parent) === fn) argument = argument.parent;
  const { parent } = argument;
  if (parent?.type === 'AssignmentExpression' && parent.right === argument) return isHandlerProperty(parent.left!);
  const call = parent?.type === 'CallExpression' || parent?.type === 'NewExpression' ? parent : undefined;
  if (call === undefined || call.callee === argument || file.export(call.callee!) !== undefined) return false;
  const callee = unwrap(call.callee!);
  if (callee.type === 'Identifier') {
    return [...timers].some((name) => file.isGlobal(callee, name)) || isImported(file, callee);
  }
  const method = memberName(callee) ?? '';
  if (isContextKeeping(file, callee, method)) return false;
  return (
    registrations.has(method) ||
    (method === 'nextTick' && file.isGlobal(unwrap(callee.object!), 'process')) ||
    isLibrary(file, callee)
  );
}

const timers = new Set(['queueMicrotask', 'setImmediate', 'setInterval', 'setTimeout']);
const registrations = new Set([
  'addEventListener',
  'addHook',
  'addListener',
  'on',
  'once',
  'prependListener',
  'prependOnceListener',
]);

/** `socket.onmessage = …` */
function isHandlerProperty(target: Node): boolean {
  return /^on[a-z]/.test(memberName(unwrap(target)) ?? '');
}

/** A function that calls back within the call itself, or in the context of the caller, calls back in the right task. */
function isContextKeeping(file: TercetFile, callee: Node, method: string): boolean {
  const root = rootOf(callee);
  const isPlatform = isIdentifier(root) && (file.variableOf(root)?.defs.length ?? 0) === 0;
  return isPlatform ? method !== 'nextTick' && !registrations.has(method) : synchronous.has(method);
}

const synchronous = new Set([
  'every',
  'filter',
  'find',
  'flatMap',
  'forEach',
  'map',
  'reduce',
  'run',
  'some',
  'sort',
  'then',
]);

function isImported(file: TercetFile, callee: Node): boolean {
  return file.variableOf(callee)?.defs[0]?.type === 'ImportBinding' && isRootedAbroad(file, callee, 0);
}

function isLibrary(file: TercetFile, callee: Node): boolean {
  return isIdentifier(rootOf(callee)) && isRootedAbroad(file, callee, 0);
}
