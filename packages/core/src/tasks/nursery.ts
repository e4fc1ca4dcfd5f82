import type { CancelScope } from '../cancellation/cancel-scope.ts';
import { inspectAs } from '../platform/platform.ts';
import type { NurseryNode } from './nursery-node.ts';
import { requireFunction } from '../foreign/require-function.ts';
import { startIn } from './start.ts';
import type { TaskStatus } from './start.ts';
import type { Task } from './task.ts';
import type { TaskNode } from './task-node.ts';
import type { TaskHandle } from './task-handle.ts';

/** Where tasks live: see `openNursery`, which makes one. */
export class Nursery {
  static {
    inspectAs(this, (nursery) => {
      const state = nursery.#node.closed ? 'closed' : `${nursery.childTasks.size} tasks`;
      return `Nursery of ${nursery.#node.task.name}: ${state}`;
    });
  }

  readonly #node: NurseryNode;

  private constructor(node: NurseryNode) {
    if (new.target !== Nursery) throw new TypeError('Nursery cannot be extended');
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
   * Starts a task that runs `fn(...args)`, and returns at once; the task begins when the caller next waits.
   *
   * The task lives in this nursery, under the scopes that surround the nursery: a scope that is open around the call of
   * `startSoon`, inside the nursery, does not reach it. Its task-local values are a copy of the caller's. When it fails,
   * the nursery is cancelled and throws the error in a group.
   *
   * It may be called from anywhere, an emitter's callback for instance. There, the `StateError` of a closed nursery is
   * thrown into the emitter: stop what calls back before the body ends, or catch the error and close what came.
   *
   * Not a checkpoint.
   *
   * @returns a handle, to cancel this task alone or to wait for it; it may be ignored.
   * @throws {StateError} when the nursery is closed.
   * @throws {TypeError} when `fn` is not a function, for instance a promise.
   */
  startSoon<A extends unknown[], T>(fn: (...args: A) => T | PromiseLike<T>, ...args: A): TaskHandle<T> {
    requireFunction('startSoon', fn);
    const task = this.#node.spawn(fn, args);
    return task as TaskHandle<unknown> as TaskHandle<T>;
  }

  /**
   * Starts a task that has something to set up, and waits until it says that it has: `taskStatus.started(value)`.
   *
   * Until then the task runs under the caller's scopes, and an error of it comes out of here as it is. With `started` it
   * moves into this nursery, and `start` returns the value. When this nursery is cancelled before that, so is the task.
   *
   * Others go on meanwhile. Cancelling the caller reaches the task, at its own checkpoints; one that calls `started` before
   * the first of them lets `start` return its value all the same.
   *
   * `T` is inferred from the parameter of `fn`, as `(taskStatus: TaskStatus<number>) => …`; write `start<number>(…)` where
   * that has no type of its own.
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
   * Starts a task that serves the others, such as the heartbeat of a connection, and does not keep the nursery open: when
   * the body, all other tasks and pending starts have ended, services are cancelled, the one that was started last first,
   * and each has ended before the next is cancelled.
   *
   * A cancellation from outside, of the nursery or a scope around it, reaches a service only then: what uses a connection
   * ends before its heartbeat does. When a service fails, the nursery is cancelled, and throws the error in a group.
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

  /** The tasks that live in it now. */
  get childTasks(): ReadonlySet<Task> {
    const tasks = new Set<Task>();
    for (const child of this.#node.children()) if (child.kind === 'task') tasks.add(child as TaskNode);
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
