import { suspend } from '../waiting/suspend.ts';

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
    let abandoned = false;
    promise.then(
      (value) => {
        if (!abandoned) waker.wake(value);
      },
      (error: unknown) => {
        if (!abandoned) waker.fail(error);
      },
    );
    return () => {
      abandoned = true;
      return 'succeeded';
    };
  });
}
