import { currentTask } from '@tercet/core/lowlevel';
import { CheckFailedError } from './check-failed-error.ts';

/**
 * Runs `fn`, and fails when it was not a checkpoint: when there was no point in it at which a cancellation is noticed, or
 * none at which other tasks can go on. It may be two different points. Checkpoints of other tasks do not count.
 *
 * @returns the value of `fn`.
 * @throws {CheckFailedError} when `fn` has returned without a checkpoint. @throws what `fn` throws, unchecked.
 * @throws {StateError} outside of a run.
 * @example
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
 * Runs `fn`, synchronous or not, and fails when there was any point in it at which a cancellation is noticed, or other
 * tasks can go on; also when `fn` throws, and the error is then the `cause`.
 *
 * @returns the value of `fn`.
 * @throws {CheckFailedError} when `fn` has passed a checkpoint, or half of one. @throws what `fn` throws otherwise.
 * @throws {StateError} outside of a run.
 * @example
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

/** Begins to count; the returned function tells how many the current task has passed since. */
function countCheckpoints(): () => Checkpoints {
  const task = currentTask();
  const { cancelPoints, schedulePoints } = task;
  return () => ({
    cancelPoints: task.cancelPoints - cancelPoints,
    schedulePoints: task.schedulePoints - schedulePoints,
  });
}

function describe({ cancelPoints, schedulePoints }: Checkpoints): string {
  return `there were ${cancelPoints} points of cancellation and ${schedulePoints} points at which other tasks could go on`;
}
