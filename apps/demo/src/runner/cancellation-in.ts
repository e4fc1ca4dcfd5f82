import { isCancelled, type Cancelled } from '@tercet/core';

/**
 * The cancellation that an error stands for, if it stands for nothing else. A nursery throws a group also when all that
 * its tasks have to say is that they were cancelled, and `await using` wraps what the body and the closing have thrown.
 */
export function cancellationIn(error: unknown): Cancelled | undefined {
  const leaves = leavesOf(error);
  return leaves.every(isCancelled) ? leaves[0] : undefined;
}

/** The errors that a group, or the error of a disposal, stands for. */
export function leavesOf(error: unknown): unknown[] {
  if (typeof error !== 'object' || error === null) return [error];
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.flatMap(leavesOf);
  if ('error' in error && 'suppressed' in error) return [error.error, error.suppressed].flatMap(leavesOf);
  return [error];
}
