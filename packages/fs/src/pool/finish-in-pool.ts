import { suspend } from '@tercet/core/lowlevel';
import { settle } from './settle.ts';
import type { Done } from './in-pool.ts';
import { poolLoop } from './pool-loop.ts';

/**
 * For what has to happen in any case, such as closing a file: no checkpoint, no token, and a cancelled scope does not
 * keep it from being done.
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
    return carriedThrough;
  });
}

const carriedThrough = (): 'failed' => 'failed';
