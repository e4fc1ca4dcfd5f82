import type { Selectable } from '../waiting/selectable.ts';
import type { TaskState } from './task.ts';

/**
 * The handle of a task, which `startSoon` returns. It is not a promise and may be ignored: errors of the task reach its nursery
 * in any case.
 *
 * @typeParam T what the task's function returns
 * @example
 * await openNursery(async (nursery) => {
 *   const price: TaskHandle<number> = nursery.startSoon(async () => {
 *     await sleep(5);
 *     return 42;
 *   });
 *   const slow = nursery.startSoon(() => sleep({ minutes: 1 }));
 *   console.log(await price.result()); // 42
 *   slow.cancel('the price is known'); // only this task
 *   await slow.join();
 *   console.log(slow.state); // 'cancelled'
 * });
 */
export interface TaskHandle<T> {
  readonly name: string;
  readonly state: TaskState;
  /** Cancels only this task. The `Cancelled` that ends it does not count as a failure. */
  cancel(reason?: string): void;
  /**
   * Waits until the task has ended, however it ended. A checkpoint.
   *
   * @throws {Cancelled} when the scope of the caller is cancelled.
   */
  join(): Promise<void>;
  /** `join` as a case of a `select`. */
  joining(): Selectable<void>;
  /**
   * Waits until the task has ended, and returns its value. A checkpoint.
   *
   * @throws {TaskFailedError} when the task failed; `cause` is its error.
   * @throws {Cancelled} when the task was cancelled, or the scope of the caller is.
   */
  result(): Promise<T>;
}
