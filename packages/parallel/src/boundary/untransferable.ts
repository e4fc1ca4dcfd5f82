import * as threads from 'node:worker_threads';

/** Whether Node forbids to move an object. Node 20 cannot be asked. */
export const isMarkedAsUntransferable: (value: object) => boolean =
  (threads as { isMarkedAsUntransferable?: (value: object) => boolean }).isMarkedAsUntransferable ?? (() => false);
