import { describeError } from '../errors/is-error.ts';
import { callInFrameFrom, captureContext, currentNode, outside } from '../frames/frames.ts';
import { whenSettled } from '../foreign/foreign-result.ts';
import { warn } from '../platform/platform.ts';
import { suspend } from '../waiting/suspend.ts';
import type { Waker } from '../waiting/wait.ts';

/** The recipient of the result of a promise: a call that waits for it, or the `onLate` of a call that was cancelled. */
type Recipient = Pick<Waker<unknown>, 'wake' | 'fail'>;

// One reaction for each promise, for all calls that wait for it: a promise that lives as long as the process must not keep
// the context of each call alive. The entry is removed when the promise has settled.
const waiting = new WeakMap<object, Set<Recipient>>();

/**
 * Awaits a foreign promise whose work cannot be stopped. When the surrounding scope is cancelled, the promise is abandoned: its
 * work goes on, and its error is lost. So is its value, unless `onLate` gets it.
 *
 * Many calls may wait for the same promise, at the same time or one after the other. Calls that have ended leave nothing
 * behind, except for their `onLate`.
 *
 * @param options.onLate called with the value if it comes after the call has been cancelled: to close a connection that is no
 * longer wanted. It runs in the async context of the call, whose task may have ended. Then operations of Tercet throw
 * `Cancelled`, but closing works. If it throws, or returns a promise that rejects, a process warning reports the error.
 *
 * A checkpoint.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws the error of the promise.
 * @throws {TypeError} when `promise` is neither a promise nor another thenable, or `onLate` is not a function.
 * @throws {StateError} outside of a run.
 * @example
 * import { lookup } from 'node:dns/promises';
 *
 * const address = await moveOnAfter(1000, () => abandonable(lookup('localhost')));
 *
 * // A connection that comes too late is closed, and not leaked:
 * const connect = async (): Promise<{ close(): void }> => ({ close: () => undefined });
 * const connection = await moveOnAfter(1000, () => abandonable(connect(), { onLate: (late) => late.close() }));
 */
export function abandonable<T>(
  promise: PromiseLike<T>,
  options?: { readonly onLate?: (value: T) => unknown },
): Promise<T> {
  return suspend<T>('abandonable', (waker) => {
    const late = options?.onLate === undefined ? undefined : lateRecipient(options.onLate);
    const recipients = waiting.get(promise) ?? waitFor(promise);
    recipients.add(waker as Recipient);
    return () => {
      recipients.delete(waker as Recipient);
      if (late !== undefined) recipients.add(late);
      return 'succeeded';
    };
  });
}

function waitFor(promise: PromiseLike<unknown>): Set<Recipient> {
  const recipients = new Set<Recipient>();
  const settle = (settleOne: (recipient: Recipient) => void): void => {
    waiting.delete(promise);
    // Waking one calls foreign hooks, which may cancel another one: that one has left the set.
    for (const recipient of recipients) {
      recipients.delete(recipient);
      settleOne(recipient);
    }
  };
  const listen = (): boolean =>
    whenSettled(
      promise,
      (value) => settle((recipient) => recipient.wake(value)),
      (error) => settle((recipient) => recipient.fail(error)),
    );
  // A native promise only stores the functions. Another thenable may begin its work when `then` is called: in the context of
  // the first caller.
  const isThenable = promise instanceof Promise ? outside(listen) : listen();
  if (!isThenable) throw new TypeError('abandonable() takes a promise; for a function use abortable()');
  waiting.set(promise, recipients);
  return recipients;
}

/** Calls `onLate` in the context of the code that calls this. Never throws. */
function lateRecipient<T>(onLate: (value: T) => unknown): Recipient {
  if (typeof onLate !== 'function') {
    throw new TypeError(`abandonable(): onLate must be a function, not ${typeof onLate}`);
  }
  const node = currentNode('abandonable()');
  const context = captureContext();
  const report = (error: unknown): void =>
    warn(`abandonable(): onLate has failed: ${describeError(error)}`, 'TercetLateResult');
  const call = (value: unknown): void => {
    try {
      whenSettled(onLate(value as T), () => undefined, report);
    } catch (error) {
      report(error);
    }
  };
  return { wake: (value) => callInFrameFrom(context, node, call, value), fail: () => undefined };
}
