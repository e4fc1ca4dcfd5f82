import { TercetError } from '@tercet/core';

/**
 * What was to be checked is not so: there was no checkpoint, a stream broke its contract, a test left something behind.
 *
 * It is no `AssertionError`, because jest shows those in a form that is made for comparisons.
 */
export class CheckFailedError extends TercetError {
  static {
    this.prototype.name = 'CheckFailedError';
  }
}
