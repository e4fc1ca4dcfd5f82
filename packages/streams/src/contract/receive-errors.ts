import { BrokenResourceError, TercetError } from '@tercet/core';

/** The stream has ended in the middle of what was asked for. What has come can still be received with `receiveSome`. */
export class IncompleteReceiveError extends BrokenResourceError {
  static {
    this.prototype.name = 'IncompleteReceiveError';
  }
}

/** More has come than was allowed, without what was looked for. It can still be received with `receiveSome`. */
export class ReceiveLimitError extends TercetError {
  static {
    this.prototype.name = 'ReceiveLimitError';
  }
}
