import { outside } from '../frames/frames.ts';
import { whenSettled } from '../foreign/foreign-result.ts';
import { suspend } from '../waiting/suspend.ts';
import type { Waker } from '../waiting/wait.ts';

// One reaction for each promise, however many wait for it: a promise that lives as long as the process must not keep what
// surrounded each call. The entry goes when the promise has settled.
const waiting = new WeakMap<object, Set<Waker<unknown>>>();

/**
 * Awaits a foreign promise that cannot be stopped. When the surrounding scope is cancelled it is left behind: it runs on,
 * and its result, or its error, is lost.
 *
 * A promise may be waited for by many calls, one after the other or at the same time, however long it takes: those that
 * have ended leave nothing behind.
 *
 * A checkpoint.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws what the promise rejects with.
 * @throws {TypeError} when it is not a promise, nor another thenable.
 * @throws {StateError} outside of a run.
 * @example
 * const address = await moveOnAfter(1000, () => abandonable(dns.lookup(host)));
 */
export function abandonable<T>(promise: PromiseLike<T>): Promise<T> {
  return suspend<T>('abandonable', (waker) => {
    const wakers = waiting.get(promise) ?? waitFor(promise);
    wakers.add(waker as Waker<unknown>);
    return () => {
      wakers.delete(waker as Waker<unknown>);
      return 'succeeded';
    };
  });
}

function waitFor(promise: PromiseLike<unknown>): Set<Waker<unknown>> {
  const wakers = new Set<Waker<unknown>>();
  const settle = (settleOne: (waker: Waker<unknown>) => void): void => {
    waiting.delete(promise);
    // To wake one calls foreign hooks, which may cancel another one: that one has left the set.
    for (const waker of wakers) {
      wakers.delete(waker);
      settleOne(waker);
    }
  };
  const listen = (): boolean =>
    whenSettled(
      promise,
      (value) => settle((waker) => waker.wake(value)),
      (error) => settle((waker) => waker.fail(error)),
    );
  // A native promise only keeps the functions. Another thenable may begin its work when it is asked, and does so for whoever
  // asks first.
  const isThenable = promise instanceof Promise ? outside(listen) : listen();
  if (!isThenable) throw new TypeError('abandonable() takes a promise; for a function use abortable()');
  waiting.set(promise, wakers);
  return wakers;
}
