import { expect } from '@jest/globals';
import { run } from '@tercet/core';
import type { RunOptions } from '@tercet/core';
import type { RunStatistics } from '@tercet/core/lowlevel';
import { MockClock } from '@tercet/testing';

/** The objects that a run still holds when it has ended well: its root task. */
const NOTHING_LEFT = { tasksLiving: 1, operationsWaiting: 0, deadlines: 0, runSoonQueueSize: 0, processHolders: 0 };

/**
 * Runs `main` on a clock that jumps automatically, and returns the result of `run`: for tests of the results of runs,
 * and of what is left of it, which must be nothing.
 */
export async function runVirtually<T>(
  main: (clock: MockClock) => T | PromiseLike<T>,
  options: RunOptions = {},
): Promise<T> {
  const clock = new MockClock({ autojumpThreshold: 0 });
  let left: RunStatistics | undefined;
  const instrument = { afterRun: (statistics: RunStatistics): void => void (left = statistics) };
  const instruments = [...(options.instruments ?? []), instrument];
  try {
    return await run(() => main(clock), { clock, ...options, instruments });
  } finally {
    expect(left).toMatchObject(NOTHING_LEFT);
  }
}

/** Returns the error of the function, or of the promise that it returns. Fails if there is none. */
export async function thrownBy(fn: () => unknown): Promise<unknown> {
  let value: unknown;
  try {
    value = await fn();
  } catch (error) {
    return error;
  }
  throw new Error(`nothing was thrown; the value is ${String(value)}`);
}
