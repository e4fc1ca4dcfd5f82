import type { CancelScope } from '../cancellation/cancel-scope.ts';
import { inspectAs } from '../platform/platform.ts';
import type { NurseryNode } from './nursery-node.ts';
import { requireFunction } from '../foreign/require-function.ts';
import { startIn } from './start.ts';
import type { TaskStatus } from './start.ts';
import type { Task } from './task.ts';
import type { TaskNode } from './task-node.ts';
import type { TaskHandle } from './task-handle.ts';
import { childrenOf } from '../cancellation/child-list.ts';

/**
 * A group of tasks, also called a task group: see `openNursery`, which makes one.
 *
 * @example
 * // A function that starts tasks, and leaves it to its caller to wait for them.
 * function startWorkers(nursery: Nursery, count: number): void {
 *   for (let index = 0; index < count; index++) nursery.startSoon(() => sleep(5));
 * }
 * await openNursery((nursery) => startWorkers(nursery, 3)); // returns when all three have ended
 */
export class Nursery {
  static {
    inspectAs(this, (nursery) => {
      const state = nursery.#node.closed ? 'closed' : `${nursery.childTasks.size} tasks`;
      return `Nursery of ${nursery.#node.task.name}: ${state}`;
    });
  }

  readonly #node: NurseryNode;

  private constructor(node: NurseryNode) {
    if (!isNurseryNode(node)) throw new TypeError('Nursery has no public constructor; use openNursery()');
    this.#node = node;
  }

  /** @internal Makes the one that users hold of a node. */
  static of(node: NurseryNode): Nursery {
    return new Nursery(node);
  }

  /** @internal The node behind it. */
  static nodeOf(nursery: Nursery): NurseryNode {
    return nursery.#node;
  }

  /**
   * Starts a task that runs `fn(...args)`, and returns at once. The task begins when the caller next waits.
   *
   * The task lives in this nursery, under the scopes that surround the nursery. A scope that is opened inside the nursery,
   * around the call of `startSoon`, does not reach it. Its task-local values are a copy of the caller's. When it fails, the
   * nursery is cancelled and throws the error in a group; `onError` of `openNursery` can change that.
   *
   * It may be called from anywhere, for instance from a callback of an emitter. If the nursery is closed, the `StateError` is
   * thrown into the emitter. So remove the listener before the body ends, or catch the error.
   *
   * Not a checkpoint.
   *
   * @returns a handle, to cancel only this task or to wait for it. It may be ignored.
   * @throws {StateError} when the nursery is closed.
   * @throws {TypeError} when `fn` is not a function, for instance a promise.
   */
  startSoon<A extends unknown[], T>(fn: (...args: A) => T | PromiseLike<T>, ...args: A): TaskHandle<T> {
    requireFunction('startSoon', fn);
    const task = this.#node.spawn(fn, args);
    return task as TaskHandle<unknown> as TaskHandle<T>;
  }

  /**
   * Starts a task that has something to set up, and waits until it calls `taskStatus.started(value)`.
   *
   * Until then the task runs under the caller's scopes, and `start` throws its error as it is. The call of `started` moves
   * the task into this nursery, and `start` returns the value. When this nursery is cancelled before that, so is the task.
   *
   * Other tasks go on meanwhile. A cancellation of the caller reaches the task at its checkpoints. If the task calls
   * `started` before its first checkpoint, `start` returns the value even so.
   *
   * `T` is inferred from the parameter of `fn`, as in `(taskStatus: TaskStatus<number>) => …`. If the parameter has no type,
   * write `start<number>(…)`.
   *
   * @throws {StateError} when the nursery is closed or belongs to another run, when the task ended without calling
   * `started`, or when this nursery was cancelled before it did.
   * @throws {Cancelled} when the caller's scope is cancelled before the task has started.
   * @example
   * const port = await nursery.start<number>(async (taskStatus) => {
   *   const [listener] = await openTcpListeners(0);
   *   taskStatus.started(listener.port);
   *   await serveListeners(handler, [listener]);
   * });
   */
  start<T>(fn: (taskStatus: TaskStatus<T>) => unknown): Promise<T> {
    return startIn(this.#node, fn);
  }

  /**
   * Starts a task that serves the others, such as the heartbeat of a connection, and does not keep the nursery open. When
   * the body, all other tasks and all pending starts have ended, the services are cancelled in the reverse order of their
   * start. Each has ended before the next is cancelled.
   *
   * A cancellation of the nursery, or of a scope around it, reaches a service only then. So the tasks that use a connection
   * end before its heartbeat. When a service fails, the nursery is cancelled and throws the error in a group.
   *
   * Not a checkpoint.
   *
   * @returns a handle, as `startSoon` does.
   * @throws {StateError} when the nursery is closed. @throws {TypeError} when `fn` is not a function.
   * @example
   * await openNursery(async (nursery) => {
   *   nursery.startService(heartbeat, connection);
   *   nursery.startSoon(converse, connection);
   * });
   */
  startService<A extends unknown[], T>(fn: (...args: A) => T | PromiseLike<T>, ...args: A): TaskHandle<T> {
    requireFunction('startService', fn);
    return this.#node.spawnService(fn, args) as TaskHandle<unknown> as TaskHandle<T>;
  }

  /** The scope of all that happens in this nursery, its body included. */
  get cancelScope(): CancelScope {
    return this.#node.scope;
  }

  /** The tasks in it that have not ended. */
  get childTasks(): ReadonlySet<Task> {
    const tasks = new Set<Task>();
    for (const child of childrenOf(this.#node)) if (child.kind === 'task') tasks.add(child as TaskNode);
    return tasks;
  }

  /** The task that opened it. */
  get parentTask(): Task {
    return this.#node.task;
  }
}

// By shape: a value import of the class would close a cycle of modules.
function isNurseryNode(value: unknown): value is NurseryNode {
  return typeof value === 'object' && value !== null && 'openFor' in value;
}
