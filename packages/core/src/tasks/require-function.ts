/** @throws {TypeError} that shows what to write when a promise was passed, which means that the work runs already. */
export function requireFunction(operation: string, fn: unknown): asserts fn is (...args: never[]) => unknown {
  if (typeof fn === 'function') {
    const kind = (fn as { [Symbol.toStringTag]?: string })[Symbol.toStringTag];
    if (kind !== 'GeneratorFunction' && kind !== 'AsyncGeneratorFunction') return;
    throw new TypeError(
      `${operation}() takes a function or an async function, but ${fn.name || 'this one'} is a generator function: ` +
        'calling it runs nothing. Iterate over it in an async function',
    );
  }
  if (typeof fn === 'object' && fn !== null && 'then' in fn) {
    throw new TypeError(
      `${operation}() takes a function and calls it, but got a promise: the work was started outside. ` +
        `Write ${operation}(work) or ${operation}(() => work(argument)) instead of ${operation}(work())`,
    );
  }
  throw new TypeError(`${operation}() takes a function, but got ${fn === null ? 'null' : typeof fn}`);
}
