import type { Selectable } from '../waiting/selectable.ts';
import type { TaskState } from './task.ts';

/**
 * What `startSoon` returns. It is not a promise and may be ignored: errors of the task reach its nursery in any case.
 *
 * @typeParam T what the task's function returns
 */
export interface TaskHandle<T> {
  readonly name: string;
  readonly state: TaskState;
  /** Cancels this task only. Its nursery takes no notice of the `Cancelled` that ends it. */
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
   * @throws {TaskFailedError} when it failed; `cause` is its error.
   * @throws {Cancelled} when it was cancelled, or the scope of the caller is.
   */
  result(): Promise<T>;
}
