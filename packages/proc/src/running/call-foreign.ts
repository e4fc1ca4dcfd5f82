import { StateError, rethrowIfCancelled } from '@tercet/core';
import { isCancelledHere } from '@tercet/streams/lowlevel';

/**
 * Calls what the user has passed, and waits for it. A `Cancelled` that comes out although nobody has cancelled this call is
 * that of another scope, by a promise that is shared for instance: a failure like any other, which must not end the
 * process without an error.
 *
 * @param what it is called in the error.
 */
export async function callForeign<T>(what: string, fn: () => T | PromiseLike<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    if (isCancelledHere(error) || !holdsCancelled(error)) throw error;
    throw new StateError(
      `${what} has thrown the Cancelled of a scope that is not around this call; catch it where that promise is awaited`,
      { cause: error },
    );
  }
}

function holdsCancelled(error: unknown): boolean {
  try {
    rethrowIfCancelled(error);
    return false;
  } catch {
    return true;
  }
}
