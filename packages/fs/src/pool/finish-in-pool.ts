import { suspend } from '@tercet/core/lowlevel';
import { explain } from './fs-error.ts';
import type { Done } from './in-pool.ts';

/**
 * For what has to happen in any case, such as closing a file: no checkpoint, no token, and a cancelled scope does not
 * keep it from being done.
 */
export async function finishInPool<T>(attempted: string, start: (done: Done<T>) => void): Promise<T> {
  try {
    return await suspend<T>(attempted, (waker) => {
      start((error, value) => {
        if (error) waker.fail(error);
        else waker.wake(value as T);
      });
      return () => 'failed';
    });
  } catch (error) {
    throw explain(error, attempted);
  }
}
