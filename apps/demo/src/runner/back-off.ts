import type { RetryPolicy } from '../job-file/job-file.ts';

/** How long to wait after the n-th attempt has failed, counted from 1: milliseconds. */
export function backOff({ delay, factor, maxDelay }: RetryPolicy, failedAttempts: number): number {
  // A delay of 0 stays 0, also when the factor has grown to Infinity.
  return delay === 0 ? 0 : Math.min(maxDelay, delay * factor ** (failedAttempts - 1));
}
