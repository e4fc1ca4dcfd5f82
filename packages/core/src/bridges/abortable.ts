import { makeCancelled } from '../errors/cancelled.ts';
import type { Cancelled } from '../errors/cancelled.ts';
import { currentNode } from '../running/frames.ts';
import { requireFunction } from '../tasks/require-function.ts';
import { checkpointIfCancelled } from '../waiting/checkpoint.ts';
import { suspend } from '../waiting/suspend.ts';

/**
 * Calls promise code that understands an AbortSignal. When the surrounding scope is cancelled the signal aborts, and then
 * the promise is waited for until it settles: nothing is left running.
 *
 * A checkpoint. `fn` is not called when the scope is cancelled already.
 *
 * @returns what the promise gives, also when it does so after the cancel.
 * @throws {Cancelled} when the scope was cancelled and the promise rejected because of it.
 * @throws what the promise rejects with otherwise.
 * @throws {StateError} outside of a run.
 * @example
 * const response = await abortable((signal) => fetch(url, { signal }));
 */
export async function abortable<T>(fn: (signal: AbortSignal) => PromiseLike<T>): Promise<T> {
  requireFunction('abortable', fn);
  await checkpointIfCancelled();
  const node = currentNode('abortable()');
  const controller = new AbortController();
  let cancelled: Cancelled | undefined;
  const promise = fn(controller.signal);
  return await suspend<T>('abortable', (waker) => {
    promise.then(
      (value) => waker.wake(value),
      (error: unknown) => waker.fail(isAbort(error, cancelled) ? cancelled : error),
    );
    return () => {
      cancelled = makeCancelled(node.cause);
      controller.abort(cancelled);
      return 'failed';
    };
  });
}

/** Whether the rejection is the answer to our abort, and not an error of its own that must not be lost. */
function isAbort(error: unknown, reason: Cancelled | undefined): boolean {
  if (reason === undefined || typeof error !== 'object' || error === null) return false;
  const { name, code, cause } = error as { name?: unknown; code?: unknown; cause?: unknown };
  return [error, cause].includes(reason) || name === 'AbortError' || code === 'ABORT_ERR' || code === 'ECANCELED';
}
