import { run } from '@tercet/core';
import type { RunOptions } from '@tercet/core';
import type { Clock } from '@tercet/core/lowlevel';
import { MockClock } from '../time/mock-clock.ts';

/** How a test of {@link testRun} is run: as `run` does it, but for the clock. */
export interface TestRunOptions<C extends Clock = MockClock> extends Omit<RunOptions, 'clock'> {
  /** Makes the clock of each call; by default a {@link MockClock} that jumps as soon as every task is blocked. */
  readonly clock?: () => C;
}

/**
 * Makes a test function, for jest, vitest or `node:test`, out of a function that is to be run by Tercet. Time is virtual
 * and jumps to the next deadline as soon as nothing else can happen, so that no test ever really sleeps.
 *
 * @param body gets the clock.
 * @example
 * test('gives up after an hour', testRun(async () => {
 *   await expect(failAfter({ hours: 1 }, sleepForever)).rejects.toThrow(TooSlowError);
 * }));
 */
export function testRun<C extends Clock = MockClock>(
  body: (clock: C) => unknown,
  options: TestRunOptions<C> = {},
): () => Promise<void> {
  const { clock: makeClock = (): Clock => new MockClock({ autojumpThreshold: 0 }), ...runOptions } = options;
  // Without parameters: test frameworks take a function that has some for one that wants a callback.
  return async () => {
    const clock = makeClock() as C;
    await run(() => body(clock), { name: 'test', ...runOptions, clock });
  };
}
