import { run } from '@tercet/core';
import type { RunOptions } from '@tercet/core';
import type { Clock } from '@tercet/core/lowlevel';
import { CheckFailedError } from '../assertions/check-failed-error.ts';
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
 * A test that does real input and output under a deadline wants another clock, because a task that waits for a socket or a
 * process is blocked, and the clock jumps: `{ clock: () => new SystemClock() }`, or a `MockClock` with a threshold.
 *
 * A test that can never end does not wait for the time limit of the framework: see {@link MockClock}.
 *
 * @param body gets the clock.
 * @returns the test function. It takes the context that vitest and `node:test` pass, and the `signal` in it cancels the
 * run: so nothing goes on behind a test that has exceeded its time. It rejects with the error of `body`; with a
 * `DeadlockError`, which shows the task tree, when nothing can ever wake the run; and with a `CheckFailedError` when the
 * run has succeeded but left something behind.
 * @example
 * test('gives up after an hour', testRun(async () => {
 *   await expect(failAfter({ hours: 1 }, sleepForever)).rejects.toThrow(TooSlowError);
 * }));
 */
export function testRun<C extends Clock = MockClock>(
  body: (clock: C) => unknown,
  options: TestRunOptions<C> = {},
): (context?: unknown) => Promise<void> {
  const { clock: makeClock = makeJumpingClock, leftovers: policy = 'fail', instruments = [], ...runOptions } = options;
  // Without parameters: test frameworks take a function that has some for one that wants a callback, or look into its text
  // for the fixtures that it wants.
  return async function () {
    const signal = joined(signalOf(arguments[0]), options.signal);
    const clock = makeClock() as C;
    const leftovers = new Leftovers();
    await run(() => body(clock), {
      name: 'test',
      ...runOptions,
      ...(signal === undefined ? {} : { signal }),
      clock,
      instruments: [...instruments, leftovers.instrument],
    });
    if (policy === 'fail') assertNothingLeft(await leftovers.find());
  };
}

/** The signal of a test's context, as vitest and `node:test` pass it; anything else may come from other frameworks. */
function signalOf(context: unknown): AbortSignal | undefined {
  if (typeof context !== 'object' || context === null) return undefined;
  const { signal } = context as { readonly signal?: unknown };
  return isSignal(signal) ? signal : undefined;
}

// Not by class: it may be one of another realm.
function isSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null) return false;
  const { aborted, addEventListener } = value as Partial<AbortSignal>;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}

function joined(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  return one === undefined || other === undefined ? (one ?? other) : AbortSignal.any([one, other]);
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
