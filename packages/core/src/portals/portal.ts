import { currentFrame, findNode } from '../frames/frames.ts';
import type { LocalsHolder } from '../frames/frames.ts';
import { inspectAs } from '../platform/platform.ts';
import { CancelCause } from '../errors/cancelled.ts';
import { requireSignal } from '../cancellation/abort-signals.ts';
import { ClosedResourceError, RunFinishedError, StateError } from '../errors/tercet-error.ts';
import { moveOnAfter } from '../cancellation/timeouts.ts';
import { nameOf } from '../foreign/name-of.ts';
import { named } from '../tasks/named.ts';
import type { NurseryNode } from '../tasks/nursery-node.ts';
import { requireFunction } from '../foreign/require-function.ts';
import type { TaskHandle } from '../tasks/task-handle.ts';
import type { TaskNode } from '../tasks/task-node.ts';
import { toMilliseconds } from '../time/duration.ts';
import type { Duration } from '../time/duration.ts';
import { checkpoint } from '../waiting/checkpoint.ts';
import { WaitQueue } from '../waiting/wait-queue.ts';
import { PortalCall } from './portal-call.ts';
import { RefusedTask } from './refused-task.ts';

/**
 * For {@link Portal.call}.
 *
 * @example
 * const controller = new AbortController();
 * await withPortal(async (portal) => {
 *   // A callback of a framework, outside of the run:
 *   const options: PortalCallOptions = { name: 'GET /', signal: controller.signal, timeout: { seconds: 5 } };
 *   await portal.call(async () => await sleep(5), options);
 * });
 */
export interface PortalCallOptions {
  /** The name of the task in task trees and error texts; by default the name of the function. */
  readonly name?: string;
  /** Cancels the call when it aborts. The promise then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** The time limit: milliseconds, or `{ seconds: 2 }`. A call that takes longer is cancelled and rejects with `TooSlowError`. */
  readonly timeout?: Duration;
}

/**
 * The way into a run for code that another library calls: see `openPortal`, which makes one. All its methods may be called from
 * anywhere in the thread: outside of any run, from another run, from code whose task has ended.
 */
export class Portal {
  readonly #nursery: NurseryNode;
  /** The task-local values of the code that opened it. */
  readonly #opener: LocalsHolder;
  /** Calls and spawned tasks that have not ended. */
  readonly #running = new Set<TaskNode>();
  readonly #idle = new WaitQueue<void>('end of the calls of a portal');
  /** True after `close`, after a shutdown, and when the body of `openPortal` has ended: then it accepts no new work. */
  #closed = false;

  private constructor(nursery: NurseryNode) {
    this.#nursery = nursery;
    this.#opener = nursery.localsHolder;
    // For the object, and not for the class in a static block: that would keep portals in every bundle.
    inspectAs({ prototype: this }, (portal) => `Portal ${portal.#closed ? 'closed' : 'open'}, ${portal.active} active`);
  }

  /** @internal Makes the portal into a nursery: see `openPortal`. */
  static into(nursery: NurseryNode): Portal {
    return new Portal(nursery);
  }

  /** Number of calls and spawned tasks that have not ended. */
  get active(): number {
    return this.#running.size;
  }

  /**
   * Runs `fn` in a task of the portal. Only the returned promise gets its result or error: an error does not end the portal.
   *
   * The task keeps the stores of AsyncLocalStorages of other libraries. Its task-local values are a copy of the caller's if the
   * caller is a running task of the same run, and otherwise of those of the code that opened the portal.
   *
   * Called in a task, it is an operation of that task, and a checkpoint: when the caller's scope is cancelled, so is the
   * call. Elsewhere the promise is an ordinary one. It settles only when the task has ended.
   *
   * @returns a promise of the result of `fn`. It never throws synchronously. The promise rejects
   * - with the error of `fn`,
   * - with the reason of `signal` when that has cancelled the call,
   * - with a `TooSlowError` when the call took longer than `timeout`,
   * - with `Cancelled` when the portal, or the calling task, was cancelled,
   * - with a `ClosedResourceError` when the portal is closed, and a `RunFinishedError` when its run has ended.
   * @example
   * app.get('/user/:id', (request, reply) => portal.call(() => loadUser(request.params.id), { timeout: 2000 }));
   */
  call<T>(fn: () => T | PromiseLike<T>, options: PortalCallOptions = {}): Promise<T> {
    try {
      requireFunction('portal.call', fn);
      const timeout = options.timeout === undefined ? undefined : toMilliseconds(options.timeout, 'portal.call()');
      const { signal } = options;
      requireSignal(signal, 'portal.call()');
      const caller = findLivingNode();
      const cancelled = caller?.refuse('portal.call()');
      if (cancelled !== undefined) return cancelled;
      const refusal = this.#refusal('call');
      if (refusal !== undefined) throw refusal;
      const call = new PortalCall<T>(fn, signal, timeout);
      const begin = (): void => void this.#begin(named(options.name ?? nameOf(fn), call.body), []);
      return caller === undefined ? call.asPromise(begin) : call.asOperation(begin);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Starts a task in the portal, as `nursery.startSoon` does: when it fails, the portal is cancelled, and throws the error
   * in a group. The task-local values are those that `call` would have.
   *
   * Not a checkpoint.
   *
   * @returns the task's handle. If the portal is closed, or its run has ended, it is the handle of a task that has failed.
   * @throws {TypeError} when `fn` is not a function.
   */
  spawn<A extends unknown[], T>(fn: (...args: A) => T | PromiseLike<T>, ...args: A): TaskHandle<T> {
    requireFunction('portal.spawn', fn);
    const refusal = this.#refusal('spawn');
    if (refusal !== undefined) return new RefusedTask(nameOf(fn), refusal);
    return this.#begin(fn as never, args) as TaskHandle<unknown> as TaskHandle<T>;
  }

  /** Refuses new calls and tasks from now on; those that run go on. A second call has no effect. */
  close(): void {
    this.#closed = true;
  }

  /**
   * Closes the portal and waits until all its calls and tasks have ended.
   *
   * A checkpoint.
   *
   * @param options.timeout the time limit: milliseconds, or `{ seconds: 2 }`; none by default. Calls and tasks that have not
   *   ended by then are cancelled and waited for.
   * @throws {Cancelled} when the surrounding scope is cancelled; the portal stays closed.
   * @throws {StateError} when it is called in a task of the portal, which would wait for its own end, or outside of a run.
   */
  async drain(options: { readonly timeout?: Duration } = {}): Promise<void> {
    const timeout = toMilliseconds(options.timeout ?? Infinity, 'portal.drain()');
    this.#requireOutside();
    this.close();
    if (this.active === 0) return checkpoint();
    await moveOnAfter(timeout, () => this.#idle.wait(undefined));
    if (this.active === 0) return;
    const cause = new CancelCause('explicit', `not ended within the ${timeout} ms that portal.drain() gave it`);
    for (const task of this.#running) task.cancelFor(cause);
    if (this.active > 0) await this.#idle.wait(undefined);
  }

  #begin(fn: () => unknown, args: unknown[]): TaskNode {
    const caller = findLivingNode();
    const seen = caller?.run === this.#nursery.run ? currentFrame()?.localsHolder : undefined;
    const task = this.#nursery.spawn(fn, args, seen ?? this.#opener);
    this.#running.add(task);
    task.onExit(() => {
      this.#running.delete(task);
      if (this.#running.size === 0) this.#idle.wakeAll();
    });
    return task;
  }

  #refusal(operation: string): Error | undefined {
    if (this.#nursery.run.finished) {
      return new RunFinishedError(`portal.${operation}(): the run of the portal has ended`);
    }
    if (!this.#closed && !this.#nursery.closed) return undefined;
    return new ClosedResourceError(`portal.${operation}(): the portal is closed and takes nothing new`);
  }

  #requireOutside(): void {
    for (let node = findNode(); node !== undefined; node = node.parent) {
      if (node.kind === 'task' && this.#running.has(node as TaskNode)) {
        throw new StateError(
          'portal.drain() was called in a task of the portal, and would wait for itself; call it in the body of openPortal()',
        );
      }
    }
  }
}

/** The node of the calling code; `undefined` outside of runs, and in code whose scope or task has ended. */
function findLivingNode(): ReturnType<typeof findNode> {
  const node = findNode();
  return node === undefined || node.exited || node.task.state !== 'running' || node.run.finished ? undefined : node;
}

/** A rejection that need not be handled: a refused call must not end a process that is shutting down. */
function rejected(error: unknown): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => undefined);
  return promise;
}
