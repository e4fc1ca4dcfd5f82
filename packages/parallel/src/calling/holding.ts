import { isError } from '@tercet/core/lowlevel';
import type { CapacityLimiter } from '@tercet/sync';

/** Holds a token of a limiter while `fn` runs, for the call and not for the task, which may make several. */
export async function holding<T>(limiter: CapacityLimiter, fn: () => Promise<T>): Promise<T> {
  const borrower = Symbol('call');
  await limiter.acquireOnBehalfOf(borrower);
  let failure: { readonly error: unknown } | undefined;
  try {
    return await fn();
  } catch (error) {
    failure = { error };
    throw error;
  } finally {
    release(limiter, borrower, failure);
  }
}

function release(limiter: CapacityLimiter, borrower: symbol, failure: { readonly error: unknown } | undefined): void {
  try {
    limiter.releaseOnBehalfOf(borrower);
  } catch (error) {
    if (failure !== undefined && isError(error) && error.cause === undefined) error.cause = failure.error;
    throw error;
  }
}
