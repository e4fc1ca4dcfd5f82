type Then = (
  this: Promise<unknown>,
  fulfilled: ((value: unknown) => void) | undefined,
  rejected: (error: unknown) => void,
) => Promise<unknown>;

const { then: nativeThen } = Promise.prototype as { readonly then: Then };

/** Whether a promise that is resolved with the value would wait for it. A `then` that cannot be read counts: it would reject. */
export function isThenable(value: unknown): boolean {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false;
  try {
    return typeof (value as { readonly then?: unknown }).then === 'function';
  } catch {
    return true;
  }
}

/**
 * Calls one of two functions when what foreign code has returned has settled: the one way in for thenables that are not
 * ours. Does what `await` does, except that a plain value is reported at once.
 *
 * A foreign thenable may call back at once, late, twice or never, in another async context, with another thenable as the
 * value, and reading its `then` may throw. None of that gets through: one of the functions is called, once, in a microtask,
 * in the async context of the call of `whenSettled`. They must not throw.
 *
 * @returns false when `result` is not a thenable: it is the value itself, and neither function will be called.
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

// Only a native promise comes out of `Promise.resolve` as it is, and a `then` that somebody has given it is not called,
// as `await` does not call it. All others are asked by the engine, in a microtask, and believed once.
function followThenable(thenable: object): Promise<unknown> | undefined {
  // Read once: a getter may give something else the next time.
  const { then } = thenable as { readonly then?: unknown };
  if (typeof then !== 'function') return undefined;
  return Promise.resolve({
    then: (resolve: unknown, reject: unknown) => void Reflect.apply(then, thenable, [resolve, reject]),
  });
}
