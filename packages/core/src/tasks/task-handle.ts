import { CancelCause, makeCancelled } from '../errors/cancelled.ts';
import { TaskFailedError } from '../errors/tercet-error.ts';
import { findNode } from '../running/frames.ts';
import type { TaskState } from './task.ts';
import type { TaskNode } from './task-node.ts';

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
  /**
   * Waits until the task has ended, and returns its value. A checkpoint.
   *
   * @throws {TaskFailedError} when it failed; `cause` is its error.
   * @throws {Cancelled} when it was cancelled, or the scope of the caller is.
   */
  result(): Promise<T>;
}

/** The handle is a view: it costs nothing that the task itself does not need, until it is used. */
export class Handle<T> implements TaskHandle<T> {
  readonly #task: TaskNode;

  constructor(task: TaskNode) {
    this.#task = task;
  }

  get name(): string {
    return this.#task.name;
  }

  get state(): TaskState {
    return this.#task.state;
  }

  cancel(reason?: string): void {
    if (this.#task.state === 'running') this.#task.cancel(new CancelCause('explicit', reason, findNode()?.task.name));
  }

  join(): Promise<void> {
    return this.#task.join();
  }

  async result(): Promise<T> {
    const task = this.#task;
    await task.join();
    if (task.state === 'done') return task.outcome as T;
    if (task.state === 'cancelled') throw makeCancelled(task.cause ?? new CancelCause('explicit'));
    throw new TaskFailedError(`task ${task.name} has failed`, { cause: task.outcome });
  }
}
