import { isCancelled, type Cancelled } from '@tercet/core';

/**
 * The cancellation in an error that holds nothing else. A nursery throws a group even if all of its tasks were only cancelled,
 * and `await using` wraps the errors of the body and of the disposal.
 */
export function cancellationIn(error: unknown): Cancelled | undefined {
  const leaves = leavesOf(error);
  return leaves.every(isCancelled) ? leaves[0] : undefined;
}

/** The errors in a group, or in the error of a disposal. */
export function leavesOf(error: unknown): unknown[] {
  if (typeof error !== 'object' || error === null) return [error];
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.flatMap(leavesOf);
  if ('error' in error && 'suppressed' in error) return [error.error, error.suppressed].flatMap(leavesOf);
  return [error];
}
