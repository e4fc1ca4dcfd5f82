type Then = (
  this: Promise<unknown>,
  fulfilled: ((value: unknown) => void) | undefined,
  rejected: (error: unknown) => void,
) => Promise<unknown>;

const { then: nativeThen } = Promise.prototype as { readonly then: Then };

/** Whether a promise that is resolved with the value would wait for it, or would reject because its `then` cannot be read. */
export function isThenable(value: unknown): boolean {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false;
  try {
    return typeof (value as { readonly then?: unknown }).then === 'function';
  } catch {
    return true;
  }
}

/**
 * Calls one of two functions when the result of foreign code has settled: the one way in for foreign thenables. It does the same
 * as `await`, except that a plain value is reported at once.
 *
 * A foreign thenable may call back at once, late, twice or never, in another async context, with another thenable as the value,
 * and reading its `then` may throw. In all these cases one of the functions is called at most once, in a microtask, in the async
 * context in which `whenSettled` was called. They must not throw.
 *
 * @returns false when `result` is not a thenable but the value itself. Then neither function is called.
 * @example
 * if (!whenSettled(fn(), onValue, onError)) …
 */
export function whenSettled(
  result: unknown,
  fulfilled: (value: unknown) => void,
  rejected: (error: unknown) => void,
): boolean {
  if ((typeof result !== 'object' || result === null) && typeof result !== 'function') return false;
  let promise: Promise<unknown> | undefined;
  try {
    promise = result instanceof Promise ? Promise.resolve(result) : followThenable(result);
    if (promise === undefined) return false;
    void nativeThen.call(promise, fulfilled, rejected);
  } catch (error) {
    void nativeThen.call(Promise.reject(error), undefined, rejected);
  }
  return true;
}

// `Promise.resolve` returns only a native promise as it is. As with `await`, a `then` that code has assigned to it is not
// called. The engine calls the `then` of other thenables in a microtask, and takes the first answer.
function followThenable(thenable: object): Promise<unknown> | undefined {
  // Read once: a getter may give something else the next time.
  const { then } = thenable as { readonly then?: unknown };
  if (typeof then !== 'function') return undefined;
  return Promise.resolve({
    then: (resolve: unknown, reject: unknown) => void Reflect.apply(then, thenable, [resolve, reject]),
  });
}
