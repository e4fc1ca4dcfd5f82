import { describeValue } from '../errors/describe-value.ts';

/** @throws {TypeError} that shows what to write when a promise was passed, which means that the work runs already. */
export function requireFunction(operation: string, fn: unknown): asserts fn is (...args: never[]) => unknown {
  let got = describeValue(fn);
  if (typeof fn === 'function') {
    const kind = (fn as { [Symbol.toStringTag]?: string })[Symbol.toStringTag];
    if (kind !== 'GeneratorFunction' && kind !== 'AsyncGeneratorFunction') return;
    got = `the generator function ${fn.name}: calling it runs nothing. Iterate over it in an async function`;
  } else if (typeof fn === 'object' && fn !== null && 'then' in fn) {
    got =
      'a promise: the work has been started outside. ' +
      `Write ${operation}(work) or ${operation}(() => work(argument)) instead of ${operation}(work())`;
  }
  throw new TypeError(`${operation}() takes a function, but got ${got}`);
}
