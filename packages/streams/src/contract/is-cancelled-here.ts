import { currentEffectiveDeadline, ExceptionGroup, isCancelled } from '@tercet/core';

/**
 * Whether an error is the cancellation of the code that runs, alone or in groups of nothing else. The `Cancelled` of another
 * scope, which a shared promise brings here, or a stream that was destroyed with it, is an error like any other.
 */
export function isCancelledHere(error: unknown): boolean {
  return holdsOnlyCancelled(error) && currentEffectiveDeadline() === -Infinity;
}

function holdsOnlyCancelled(error: unknown): boolean {
  return isCancelled(error) || (error instanceof ExceptionGroup && error.leaves().every(isCancelled));
}
