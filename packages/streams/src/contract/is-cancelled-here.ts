import { currentEffectiveDeadline, ExceptionGroup, isCancelled } from '@tercet/core';

/**
 * Whether an error is the cancellation of the calling code: a `Cancelled`, or a group of nothing else. A shared promise, or a
 * stream that was destroyed with it, may bring the `Cancelled` of another scope here; that is an error like any other.
 *
 * @example
 * const [stream] = memoryStreamPair();
 * try {
 *   await moveOnAfter(5, () => stream.receiveSome());
 * } catch (error) {
 *   if (isCancelledHere(error)) throw error; // this code is being cancelled
 *   console.warn('the connection is lost', error); // any other error, even a Cancelled of another scope
 * }
 */
export function isCancelledHere(error: unknown): boolean {
  return holdsOnlyCancelled(error) && currentEffectiveDeadline() === -Infinity;
}

function holdsOnlyCancelled(error: unknown): boolean {
  return isCancelled(error) || (error instanceof ExceptionGroup && error.leaves().every(isCancelled));
}
