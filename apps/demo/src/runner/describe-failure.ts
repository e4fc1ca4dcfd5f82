import { describeError, isError } from '@tercet/core/lowlevel';
import { leavesOf } from './cancellation-in.ts';

/**
 * Why something has failed, in one line. An error of the system says it best (`ENOSPC: no space left on device`), however
 * deep it is: after a failed write, closing the file fails as well, and one error wraps both.
 */
export function describeFailure(error: unknown): string {
  const leaves = leavesOf(error);
  return describeError(leaves.find(isSystemFailure) ?? leaves.at(-1) ?? error);
}

/** Whether it is an error of the system or of Node: bugs throw errors without a code. */
export function isSystemFailure(error: unknown): error is NodeJS.ErrnoException {
  return isError(error) && typeof (error as NodeJS.ErrnoException).code === 'string';
}
