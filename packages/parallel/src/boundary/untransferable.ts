import threads from 'node:worker_threads';

/**
 * Whether Node forbids to move an object. Node 20 cannot be asked: it has no such export, so this takes the module as a whole. Of
 * `import *` webpack makes an import of the names that are used.
 */
export const isMarkedAsUntransferable: (value: object) => boolean =
  (threads as { isMarkedAsUntransferable?: (value: object) => boolean }).isMarkedAsUntransferable ?? (() => false);
