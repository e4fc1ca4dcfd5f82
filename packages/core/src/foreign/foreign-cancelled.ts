import { ExceptionGroup } from '../errors/exception-group.ts';
import { StateError } from '../errors/tercet-error.ts';
import { currentNode } from '../frames/frames.ts';
import { absorb } from '../errors/absorb.ts';
import type { CancelNode } from '../cancellation/cancel-node.ts';

/**
 * Turns a `Cancelled` of somebody else into a failure. Where nothing has been cancelled no scope absorbs a `Cancelled`, and
 * it would end a task, or a whole nursery, as if somebody had asked for that. It comes from elsewhere: through a promise
 * that several share, a `result()`, the reason of an AbortSignal.
 *
 * `Cancelled` carries no identity, so the state of the scope decides. One that has ever been cancelled may still have its
 * own on the way, also when a shield protects it by now.
 *
 * @param operation what has ended with the error, for the text.
 * @returns the error as it is when it holds no `Cancelled`, or when the calling code has been cancelled; otherwise a
 * `StateError` whose `cause` is the error, in a group with what else the error holds.
 */
export function nameForeignCancelled(error: unknown, operation: string): unknown {
  return nameForeignIn(currentNode('nameForeignCancelled()'), error, operation);
}

/** The same for what comes out of a node that has not been left yet. */
export function nameForeignIn(node: CancelNode, error: unknown, operation: string): unknown {
  if (node.cause !== undefined) return error;
  const { caught, remains, error: others } = absorb(error);
  if (!caught) return error;
  const named = new StateError(
    `${operation} has ended with Cancelled, but nothing here has been cancelled: it is another scope's, and came through ` +
      'a promise, a result or an abort reason that was awaited or thrown here. Catch it there; work that several tasks ' +
      'share belongs into a task that none of them cancels',
    { cause: error },
  );
  return remains
    ? new ExceptionGroup(`errors of ${operation}, and a Cancelled of another scope`, [others, named])
    : named;
}
