import { run } from '@tercet/core';
import type { RunOptions } from '@tercet/core';
import type { Clock } from '@tercet/core/lowlevel';
import { CheckFailedError } from '../check-failed-error.ts';
import { MockClock } from '../time/mock-clock.ts';
import { Leftovers } from './leftovers.ts';

/** How a test of {@link testRun} is run: as `run` does it, but for the clock, and what is looked at in the end. */
export interface TestRunOptions<C extends Clock = MockClock> extends Omit<RunOptions, 'clock'> {
  /** Makes the clock of each call; by default a {@link MockClock} that jumps as soon as every task is blocked. */
  readonly clock?: () => C;
  /**
   * Whether it is a failure when the run leaves something behind: operations, deadlines, tasks; or something that keeps
   * the process alive: sockets, servers, child processes, watchers. Bare timers go unnoticed. `'ignore'` is for tests that do so on
   * purpose, and for those that run concurrently with others in one process.
   */
  readonly leftovers?: 'fail' | 'ignore';
}

/**
 * Makes a test function, for jest, vitest or `node:test`, out of a function that is to be run by Tercet. Time is virtual
 * and jumps to the next deadline as soon as nothing else can happen, so that no test ever really sleeps.
 *
 * A test that does real input and output under a deadline wants another clock, because whoever waits for a socket or a
 * process is blocked, and the clock jumps: `{ clock: () => new SystemClock() }`, or a `MockClock` with a threshold.
 *
 * @param body gets the clock.
 * @returns a function without parameters. It rejects with the error of `body`, and with a `CheckFailedError` when the run
 * has succeeded but left something behind.
 * @example
 * test('gives up after an hour', testRun(async () => {
 *   await expect(failAfter({ hours: 1 }, sleepForever)).rejects.toThrow(TooSlowError);
 * }));
 */
export function testRun<C extends Clock = MockClock>(
  body: (clock: C) => unknown,
  options: TestRunOptions<C> = {},
): () => Promise<void> {
  const { clock: makeClock = makeJumpingClock, leftovers: policy = 'fail', instruments = [], ...runOptions } = options;
  // Without parameters: test frameworks take a function that has some for one that wants a callback.
  return async () => {
    const clock = makeClock() as C;
    const leftovers = new Leftovers();
    await run(() => body(clock), {
      name: 'test',
      ...runOptions,
      clock,
      instruments: [...instruments, leftovers.instrument],
    });
    if (policy === 'fail') assertNothingLeft(await leftovers.find());
  };
}

function makeJumpingClock(): Clock {
  return new MockClock({ autojumpThreshold: 0 });
}

function assertNothingLeft(left: readonly string[]): void {
  if (left.length === 0) return;
  throw new CheckFailedError(
    `the test has left behind: ${left.join(', ')}; end them in the test, or allow it with { leftovers: 'ignore' }`,
  );
}
