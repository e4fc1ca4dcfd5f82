import { ExceptionGroup } from '../errors/exception-group.ts';
import { StateError } from '../errors/tercet-error.ts';
import { currentNode } from '../frames/frames.ts';
import { absorb } from '../errors/absorb.ts';
import type { CancelNode } from '../cancellation/cancel-node.ts';

/**
 * Turns a `Cancelled` from elsewhere into a failure. It may come from a promise that several tasks await, from a `result()`, or
 * from the reason of an AbortSignal. If nothing here has been cancelled, no scope absorbs it, and it would end a task, or a
 * whole nursery, as if that had been asked for.
 *
 * `Cancelled` carries no identity, so the state of the scope decides. In a scope that has ever been cancelled, the `Cancelled`
 * may be its own, even if a shield protects it by now.
 *
 * @param operation the name of what has ended with the error, for the text.
 * @returns the error itself if it holds no `Cancelled`, or if the calling code has been cancelled. Otherwise a `StateError` whose
 * `cause` is the error, in a group with the other errors that it holds.
 * @example
 * // Awaits a promise that other tasks await, too.
 * async function shared<T>(promise: Promise<T>): Promise<T> {
 *   try {
 *     return await promise;
 *   } catch (error) {
 *     // The task that has made it may have been cancelled. This one has not been.
 *     throw nameForeignCancelled(error, 'shared()');
 *   }
 * }
 * await shared(Promise.resolve(42));
 */
export function nameForeignCancelled(error: unknown, operation: string): unknown {
  return nameForeignIn(currentNode('nameForeignCancelled()'), error, operation);
}

/** The same for an error that leaves a node, which has not been left yet. */
export function nameForeignIn(node: CancelNode, error: unknown, operation: string): unknown {
  if (node.cause !== undefined) return error;
  const { caught, remains, error: others } = absorb(error);
  if (!caught) return error;
  const named = new StateError(
    `${operation} has ended with Cancelled, but nothing here has been cancelled: it belongs to another scope, and came ` +
      'through a promise, a result or an abort reason. Catch it where it is awaited; let work that several tasks share run ' +
      'in a task that none of them cancels',
    { cause: error },
  );
  return remains
    ? new ExceptionGroup(`errors of ${operation}, and a Cancelled of another scope`, [others, named])
    : named;
}
