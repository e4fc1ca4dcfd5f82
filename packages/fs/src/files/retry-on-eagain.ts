import { sleep } from '@tercet/core';
import { isSystemError } from '../pool/fs-error.ts';

/** The first and the longest time between two attempts, in milliseconds. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 50;

/**
 * Repeats what the system refuses with EAGAIN. A pipe or terminal is non-blocking for everyone as soon as one of those who
 * share it wants it so: Node itself does that to its standard streams. Node has no way to ask when such a descriptor is
 * ready without taking it over, so there is a new attempt after a while. Cancellable between two attempts.
 *
 * @param attempt calls `progress` when it got somewhere: then the next attempt is made soon.
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
