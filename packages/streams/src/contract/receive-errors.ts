import { BrokenResourceError, TercetError } from '@tercet/core';

/** The stream ended too early. The bytes that came before the end can still be received with `receiveSome`. */
export class IncompleteReceiveError extends BrokenResourceError {
  static {
    this.prototype.name = 'IncompleteReceiveError';
  }
}

/** A line or a message is longer than allowed. Its bytes can still be received with `receiveSome`. */
export class ReceiveLimitError extends TercetError {
  static {
    this.prototype.name = 'ReceiveLimitError';
  }
}
