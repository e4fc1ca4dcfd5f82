import { describeValue } from '../errors/describe-value.ts';
import { isThenable } from './foreign-result.ts';
import { nameOf } from './name-of.ts';

/** @throws {TypeError} when it is not a function. For a promise, whose work already runs, the text shows what to write. */
export function requireFunction(operation: string, fn: unknown): asserts fn is (...args: never[]) => unknown {
  if (typeof fn === 'function' && !isGenerator(fn)) return;
  throw new TypeError(`${operation}() takes a function, but got ${describe(operation, fn)}`);
}

function isGenerator(fn: object): boolean {
  try {
    const kind = (fn as { readonly [Symbol.toStringTag]?: string })[Symbol.toStringTag];
    return kind === 'GeneratorFunction' || kind === 'AsyncGeneratorFunction';
  } catch {
    return false;
  }
}

function describe(operation: string, value: unknown): string {
  if (typeof value === 'function') {
    return `the generator function ${nameOf(value)}: calling it runs nothing. Iterate over it in an async function`;
  }
  if (isThenable(value)) {
    return (
      'a promise: the work has been started outside. ' +
      `Write ${operation}(work) or ${operation}(() => work(argument)) instead of ${operation}(work())`
    );
  }
  return describeValue(value);
}
