import { run } from '@tercet/core';
import type { RunOptions } from '@tercet/core';
import type { Clock } from '@tercet/core/lowlevel';
import { CheckFailedError } from '../assertions/check-failed-error.ts';
import { MockClock } from '../time/mock-clock.ts';
import { Leftovers } from './leftovers.ts';

/**
 * The options of {@link testRun}: those of `run`, with another kind of clock and a check for leftovers.
 *
 * @example
 * const options: TestRunOptions = { name: 'a slow server', leftovers: 'ignore' };
 * const body = testRun(async (clock) => {
 *   await sleep({ seconds: 30 });
 *   console.log(clock.now()); // 30000
 * }, options);
 * await body(); // what a test runner does with it
 */
export interface TestRunOptions<C extends Clock = MockClock> extends Omit<RunOptions, 'clock'> {
  /** Makes a clock for each call. The default is a {@link MockClock} that jumps as soon as every task is blocked. */
  readonly clock?: () => C;
  /**
   * Whether the test fails when it leaves something behind: operations, deadlines or tasks of the run, or sockets, servers,
   * child processes or watchers, which keep the process alive. Timers of the platform are not noticed. `'ignore'` is for tests
   * that do so on purpose, and for tests that run concurrently with others in one process.
   */
  readonly leftovers?: 'fail' | 'ignore';
}

/**
 * Makes a test function for jest, vitest or `node:test` that calls `body` in a run. Time is virtual and jumps to the next
 * deadline as soon as nothing else can happen, so no test really sleeps.
 *
 * A test with sockets or processes and with deadlines needs another clock. A task that waits for a socket or a process is
 * blocked, so the virtual clock would jump. Use `{ clock: () => new SystemClock() }`, or a `MockClock` with a threshold.
 *
 * A test that can never end fails before the time limit of the framework: see {@link MockClock}.
 *
 * @param body the test. It gets the clock.
 * @returns the test function. vitest and `node:test` pass it a context with a `signal`, which cancels the run when the test
 * exceeds its time limit, so that it does not go on in the background. The function rejects with the error of `body`; with a
 * `DeadlockError`, which shows the task tree, when nothing can ever wake the run; and with a `CheckFailedError` when the run
 * has succeeded but left something behind.
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
  // It declares no parameters. Test frameworks pass a callback to a function with parameters, or read the names of fixtures
  // from its source.
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

/** The signal of the context that vitest and `node:test` pass to a test. Other frameworks may pass any value. */
function signalOf(context: unknown): AbortSignal | undefined {
  if (typeof context !== 'object' || context === null) return undefined;
  const { signal } = context as { readonly signal?: unknown };
  return isSignal(signal) ? signal : undefined;
}

// instanceof is false for a signal of another realm.
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
    `the test has left behind: ${left.join(', ')}; end them in the test, or allow them with { leftovers: 'ignore' }`,
  );
}
