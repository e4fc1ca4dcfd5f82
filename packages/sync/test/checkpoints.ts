import { expect } from '@jest/globals';
import { CancelScope, isCancelled } from '@tercet/core';
import { currentTask } from '@tercet/core/lowlevel';

/** The operation lets others go on, and notices a cancellation. */
export async function expectCheckpoint<T>(operation: () => PromiseLike<T>): Promise<T> {
  const task = currentTask();
  const { cancelPoints, schedulePoints } = task;
  const value = await operation();
  expect(task.cancelPoints).toBeGreaterThan(cancelPoints);
  expect(task.schedulePoints).toBeGreaterThan(schedulePoints);
  return value;
}

/** In a cancelled scope the operation throws `Cancelled`. */
export async function expectCancelled(operation: () => PromiseLike<unknown>): Promise<void> {
  let thrown: unknown = 'nothing';
  const scope = new CancelScope();
  scope.cancel();
  await scope.run(async () => {
    try {
      await operation();
    } catch (error) {
      thrown = error;
      throw error;
    }
  });
  expect(isCancelled(thrown)).toBe(true);
}
