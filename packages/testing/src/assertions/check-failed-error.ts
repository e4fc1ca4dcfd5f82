import { TercetError } from '@tercet/core';

/**
 * A check has failed: an operation was not a checkpoint, a stream broke its contract, or a test left something behind.
 *
 * It is not an `AssertionError`, because jest prints those in a form for comparisons.
 *
 * @example
 * try {
 *   await assertCheckpoints(() => myOperation());
 * } catch (error) {
 *   if (error instanceof CheckFailedError) console.log(error.message);
 *   throw error;
 * }
 */
export class CheckFailedError extends TercetError {
  static {
    this.prototype.name = 'CheckFailedError';
  }
}
