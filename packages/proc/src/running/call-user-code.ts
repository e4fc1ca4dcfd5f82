import { StateError, rethrowIfCancelled } from '@tercet/core';
import { isCancelledHere } from '@tercet/streams/lowlevel';

/**
 * Calls a function that the user has passed, and waits for it.
 *
 * It may throw a `Cancelled` of another scope, for instance from a shared promise. That is a failure like any other: taken for
 * a cancellation, it would end the process without an error.
 *
 * @param name a description of the function for the error.
 */
export async function callUserCode<T>(name: string, fn: () => T | PromiseLike<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    if (isCancelledHere(error) || !holdsCancelled(error)) throw error;
    throw new StateError(
      `${name} has thrown the Cancelled of a scope that does not surround this call; catch it where that promise is awaited`,
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
