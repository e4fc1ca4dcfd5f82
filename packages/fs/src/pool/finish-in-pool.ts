import { suspend } from '@tercet/core/lowlevel';
import { settle } from './settle.ts';
import type { Done } from './in-pool.ts';
import { poolLoop } from './pool-loop.ts';

/**
 * Runs an operation that must not be skipped, such as closing a file: it runs in a cancelled scope too, and needs no token.
 * Not a checkpoint.
 *
 * @param attempted see `inPool`.
 */
export function finishInPool<T>(attempted: string, start: (done: Done<T>) => void): Promise<T> {
  return suspend<T>(attempted, (waker) => {
    const done: Done<T> = (error, value) => {
      poolLoop.leave();
      settle(waker, attempted, error, value);
    };
    poolLoop.enter({
      start() {
        try {
          start(done);
        } catch (error) {
          done(error as Error);
        }
      },
    });
    return ignoreCancel;
  });
}

const ignoreCancel = (): 'failed' => 'failed';
