import { makeCancelled } from '../errors/cancelled.ts';
import type { Cancelled } from '../errors/cancelled.ts';
import { callInFrame, currentNode } from '../frames/frames.ts';
import { requireFunction } from '../foreign/require-function.ts';
import { checkpointIfCancelled } from '../waiting/checkpoint.ts';
import { whenSettled } from '../foreign/foreign-result.ts';
import { suspend } from '../waiting/suspend.ts';

/** A chain of causes is looked through to this depth. */
const DEEPEST_CAUSE = 8;

/**
 * Calls promise code that understands an AbortSignal. When the surrounding scope is cancelled the signal aborts, and then
 * the promise is waited for until it settles: nothing is left running.
 *
 * A rejection that comes after the abort counts as the answer to it, and becomes `Cancelled`, when it is the signal's
 * `reason` or has that in its chain of causes, or when its `name` is `'AbortError'`, or its `code` `'ABORT_ERR'` or
 * `'ECANCELED'`. Any other error comes out as it is. So where a library has an error of its own for this, pass on the
 * reason instead, as in the second example.
 *
 * A checkpoint. `fn` is not called when the scope is cancelled already.
 *
 * @returns what the promise gives, also when it does so after the cancel. A value that is not a promise is returned as it is.
 * @throws {Cancelled} when the scope was cancelled and the promise rejected because of it.
 * @throws what the promise rejects with otherwise.
 * @throws {StateError} outside of a run.
 * @example
 * const response = await abortable((signal) => fetch(url, { signal }));
 * @example
 * const rows = await abortable(async (signal) => {
 *   signal.addEventListener('abort', () => void cancelQuery(query));
 *   try {
 *     return await query;
 *   } catch (error) {
 *     throw signal.aborted && error.code === '57014' ? signal.reason : error; // what PostgreSQL says then
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
      // The listeners belong to the scope, whoever cancels it.
      callInFrame(node, (reason) => controller.abort(reason), cancelled);
      return 'failed';
    };
  });
}

/** Whether the rejection is the answer to our abort, and not another error, which must not be lost. */
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
    // It cannot be read, so it is not known to be one.
    return false;
  }
}

type Fields = Partial<Record<'name' | 'code' | 'cause', unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
