import { describeError, isError } from '@tercet/core/lowlevel';
import { leavesOf } from './cancellation-in.ts';

/**
 * Why something has failed, in one line. An error of the system says it best (`ENOSPC: no space left on device`), however
 * deep it is: closing a file after a write that has failed fails as well, and both are then wrapped in one error.
 */
export function describeFailure(error: unknown): string {
  const leaves = leavesOf(error);
  return describeError(leaves.find(isSystemFailure) ?? leaves.at(-1) ?? error);
}

/** Whether the system, or what stands for it, has refused something: errors in a program have no code. */
export function isSystemFailure(error: unknown): error is NodeJS.ErrnoException {
  return isError(error) && typeof (error as NodeJS.ErrnoException).code === 'string';
}
