import type { Caller } from '@tercet/core/lowlevel';

/**
 * What an operation returns that fails at once: a rejected promise, which counts as a step, so that a loop that swallows
 * the error cannot keep timers, sockets and signals waiting for ever.
 */
export function rejected(caller: Caller, error: unknown): Promise<never> {
  return caller.ready(undefined).then(() => {
    throw error;
  });
}
