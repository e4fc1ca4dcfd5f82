import { TercetError } from '@tercet/core';

/**
 * A check has failed: an operation was not a checkpoint, a stream broke its contract, or a test left something behind.
 *
 * It is not an `AssertionError`, because jest prints those in a form for comparisons.
 *
 * @example
 * try {
 *   await assertCheckpoints(async () => undefined); // returns at once, and lets no other task go on
 * } catch (error) {
 *   if (!(error instanceof CheckFailedError)) throw error;
 *   console.log(error.message);
 * }
 */
export class CheckFailedError extends TercetError {
  static {
    this.prototype.name = 'CheckFailedError';
  }
}
