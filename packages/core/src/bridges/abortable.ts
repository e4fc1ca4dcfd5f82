import { makeCancelled } from '../errors/cancelled.ts';
import type { Cancelled } from '../errors/cancelled.ts';
import { callInFrame, currentNode } from '../frames/frames.ts';
import { requireFunction } from '../foreign/require-function.ts';
import { checkpointIfCancelled } from '../waiting/checkpoint.ts';
import { whenSettled } from '../foreign/foreign-result.ts';
import { suspend } from '../waiting/suspend.ts';

/** Number of causes of an error that are compared with the reason. */
const DEEPEST_CAUSE = 8;

/**
 * Calls promise code that takes an AbortSignal. When the surrounding scope is cancelled, the signal aborts, and `abortable`
 * waits until the promise has settled: no work is left running.
 *
 * A rejection after the abort becomes `Cancelled` when it is the signal's `reason` or has that in its chain of causes, or when
 * its `name` is `'AbortError'`, or its `code` is `'ABORT_ERR'` or `'ECANCELED'`. Any other error is thrown as it is. So if a
 * library rejects with another error after an abort, throw the reason instead, as in the second example.
 *
 * A checkpoint. If the scope is cancelled already, `fn` is not called.
 *
 * @returns the value of the promise, even if it comes after the cancellation. A value that is not a promise is returned as it
 * is.
 * @throws {Cancelled} when the scope was cancelled and the promise rejected because of it.
 * @throws the error of the promise otherwise.
 * @throws {StateError} outside of a run.
 * @example
 * const response = await abortable((signal) => fetch(url, { signal }));
 * @example
 * const rows = await abortable(async (signal) => {
 *   signal.addEventListener('abort', () => void cancelQuery(query));
 *   try {
 *     return await query;
 *   } catch (error) {
 *     throw signal.aborted && error.code === '57014' ? signal.reason : error; // the code of PostgreSQL for it
 *   }
 * });
 */
export async function abortable<T>(fn: (signal: AbortSignal) => PromiseLike<T>): Promise<T> {
  requireFunction('abortable', fn);
  await checkpointIfCancelled();
  const node = currentNode('abortable()');
  const controller = new AbortController();
  let cancelled: Cancelled | undefined;
  const result: unknown = fn(controller.signal);
  return await suspend<T>('abortable', (waker) => {
    const isPromise = whenSettled(
      result,
      (value) => waker.wake(value as T),
      (error) => waker.fail(isAbort(error, cancelled) ? cancelled : error),
    );
    if (!isPromise) waker.wake(result as T);
    return () => {
      cancelled = makeCancelled(node.cause);
      // The listeners run in the context of the scope, and not of the code that cancels it.
      callInFrame(node, (reason) => controller.abort(reason), cancelled);
      return 'failed';
    };
  });
}

/** Whether the rejection is due to our abort. Any other error must not be lost. */
function isAbort(error: unknown, reason: Cancelled | undefined): boolean {
  if (reason === undefined) return false;
  try {
    let link: unknown = error;
    for (let depth = 0; depth <= DEEPEST_CAUSE && isObject(link); depth++, link = link.cause) {
      if (link === reason) return true;
    }
    if (!isObject(error)) return false;
    const { name, code } = error;
    return name === 'AbortError' || code === 'ABORT_ERR' || code === 'ECANCELED';
  } catch {
    // It cannot be read, so it counts as another error.
    return false;
  }
}

type Fields = Partial<Record<'name' | 'code' | 'cause', unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
