import type { Waker } from '@tercet/core/lowlevel';
import { explain, isSystemError } from './fs-error.ts';

/** Hands what a callback was given to the one who waits for it. */
export function hand<T>(waker: Waker<T>, attempted: string, error: Error | null | undefined, value?: T): void {
  if (!error) waker.wake(value as T);
  else if (isSystemError(error)) waker.wake(explained(error, attempted) as T);
  else waker.fail(error);
}

const step = Promise.resolve();

/**
 * A promise of the error for the caller, of which the wait's own promise becomes one more reader: from there the stack
 * leads on to the functions that await it, which from a callback nobody can see. It has to be made after they have been
 * connected, which takes two steps.
 */
async function explained(error: Error, attempted: string): Promise<never> {
  await step;
  await step;
  throw explain(error, attempted);
}
