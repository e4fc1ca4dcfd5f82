import { suspend } from '../waiting/suspend.ts';
import type { Waker } from '../waiting/wait.ts';

/**
 * Awaits a foreign promise that cannot be stopped. When the surrounding scope is cancelled it is left behind: it runs on,
 * and its result, or its error, is lost.
 *
 * A checkpoint.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws what the promise rejects with.
 * @throws {StateError} outside of a run.
 * @example
 * const address = await moveOnAfter(1000, () => abandonable(dns.lookup(host)));
 */
export function abandonable<T>(promise: PromiseLike<T>): Promise<T> {
  return suspend<T>('abandonable', (waker) => {
    if (typeof (promise as Partial<PromiseLike<T>> | null | undefined)?.then !== 'function') {
      throw new TypeError('abandonable() takes a promise; for a function use abortable()');
    }
    let waiting: Waker<T> | undefined = waker;
    promise.then(
      (value) => waiting?.wake(value),
      (error: unknown) => waiting?.fail(error),
    );
    return () => {
      waiting = undefined;
      return 'succeeded';
    };
  });
}
