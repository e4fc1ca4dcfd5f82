import { BrokenResourceError, TercetError } from '@tercet/core';

/**
 * The stream ended too early. The bytes that came before the end can still be received with `receiveSome`.
 *
 * @example
 * try {
 *   await input.receiveExactly(16);
 * } catch (error) {
 *   if (!(error instanceof IncompleteReceiveError)) throw error;
 *   console.log('the stream has ended too early');
 * }
 */
export class IncompleteReceiveError extends BrokenResourceError {
  static {
    this.prototype.name = 'IncompleteReceiveError';
  }
}

/**
 * A line or a message is longer than allowed. Its bytes can still be received with `receiveSome`.
 *
 * @example
 * try {
 *   await input.receiveUntil('\n', { maxBytes: 1000 });
 * } catch (error) {
 *   if (!(error instanceof ReceiveLimitError)) throw error;
 *   console.log('the line is too long');
 * }
 */
export class ReceiveLimitError extends TercetError {
  static {
    this.prototype.name = 'ReceiveLimitError';
  }
}
