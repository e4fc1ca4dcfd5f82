import { currentTask } from '@tercet/core/lowlevel';
import { CheckFailedError } from './check-failed-error.ts';

/**
 * Runs `fn`, and fails when it was not a checkpoint: when it had no point at which a cancellation is noticed, or no point at
 * which other tasks can run. These may be two different points. Checkpoints of other tasks do not count.
 *
 * @returns the value of `fn`.
 * @throws {CheckFailedError} when `fn` returns without a checkpoint. @throws any error of `fn`, without a check.
 * @throws {StateError} outside of a run.
 * @example
 * const lock = new Lock();
 * await assertCheckpoints(() => lock.acquire());
 */
export async function assertCheckpoints<T>(fn: () => T | PromiseLike<T>): Promise<T> {
  const passed = countCheckpoints();
  const value = await fn();
  const { cancelPoints, schedulePoints } = passed();
  if (cancelPoints > 0 && schedulePoints > 0) return value;
  throw new CheckFailedError(`assertCheckpoints(): a checkpoint was expected, but ${describe(passed())}`);
}

/**
 * Runs `fn`, synchronous or not, and fails when it had any point at which a cancellation is noticed or other tasks can run. It
 * also checks an `fn` that throws.
 *
 * @returns the value of `fn`.
 * @throws {CheckFailedError} when `fn` has passed a checkpoint, or half of one. An error of `fn` is its `cause`.
 * @throws any error of an `fn` that has passed none.
 * @throws {StateError} outside of a run.
 * @example
 * const event = new Event();
 * await assertNoCheckpoints(() => event.set());
 */
export async function assertNoCheckpoints<T>(fn: () => T | PromiseLike<T>): Promise<T> {
  const passed = countCheckpoints();
  let value: T;
  try {
    value = await fn();
  } catch (error) {
    refuse(passed(), { cause: error });
    throw error;
  }
  refuse(passed());
  return value;
}

function refuse(passed: Checkpoints, options?: ErrorOptions): void {
  if (passed.cancelPoints === 0 && passed.schedulePoints === 0) return;
  throw new CheckFailedError(`assertNoCheckpoints(): no checkpoint was expected, but ${describe(passed)}`, options);
}

interface Checkpoints {
  readonly cancelPoints: number;
  readonly schedulePoints: number;
}

/** Begins to count. @returns a function that returns how many checkpoints the current task has passed since. */
function countCheckpoints(): () => Checkpoints {
  const task = currentTask();
  const { cancelPoints, schedulePoints } = task;
  return () => ({
    cancelPoints: task.cancelPoints - cancelPoints,
    schedulePoints: task.schedulePoints - schedulePoints,
  });
}

function describe({ cancelPoints, schedulePoints }: Checkpoints): string {
  return `there were ${cancelPoints} points of cancellation and ${schedulePoints} points at which other tasks could run`;
}
