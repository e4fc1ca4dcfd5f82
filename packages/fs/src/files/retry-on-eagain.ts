import { sleep } from '@tercet/core';
import { isSystemError } from '../pool/fs-error.ts';

/** The first and the longest time between two attempts, in milliseconds. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 50;

/**
 * Repeats an operation while the system refuses it with EAGAIN: the descriptor is non-blocking, and not ready.
 *
 * A pipe or terminal is non-blocking for all processes that share it as soon as one of them makes it so; Node does that to its
 * standard streams. Node cannot report when such a descriptor is ready without taking it over, so this polls. It can be
 * cancelled between two attempts.
 *
 * @param attempt calls `progress` when it has read or written something: then the next attempt follows soon.
 */
export async function retryOnEagain<T>(attempt: (progress: () => void) => Promise<T>): Promise<T> {
  let pause = FIRST_PAUSE;
  const progress = (): void => {
    pause = FIRST_PAUSE;
  };
  for (;;) {
    try {
      return await attempt(progress);
    } catch (error) {
      if (!isSystemError(error, 'EAGAIN')) throw error;
    }
    await sleep(pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}
