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

/** For {@link Portal.call}. */
export interface PortalCallOptions {
  /** The name of its task in task trees and error texts; by default that of the function. */
  readonly name?: string;
  /** Cancels the call when it aborts; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** The longest it may take: milliseconds, or `{ seconds: 2 }`. Afterwards the promise rejects with a `TooSlowError`. */
  readonly timeout?: Duration;
}

/**
 * The way into a run from code that another library calls: see `openPortal`, which makes one. All its methods may be
 * called from anywhere in the thread: outside of any run, from another run, from code whose own task has ended.
 */
export class Portal {
  readonly #nursery: NurseryNode;
  /** The task-local values of the code that opened it. */
  readonly #opener: LocalsHolder;
  /** Calls and spawned tasks that have not ended. */
  readonly #running = new Set<TaskNode>();
  readonly #idle = new WaitQueue<void>('end of the calls of a portal');
  /** Takes nothing new any more: after `close`, and when the body of `openPortal` has ended. */
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

  /** How many calls and spawned tasks have not ended. */
  get active(): number {
    return this.#running.size;
  }

  /**
   * Runs `fn` in a task of the portal, and gives its result, or its error, to the promise alone: the portal goes on.
   *
   * The task keeps the stores of other libraries' AsyncLocalStorages. Its task-local values are a copy of the caller's
   * where that is in a living task of the same run, and of those of the portal's opener otherwise.
   *
   * Called in a task, it is an operation of that task, and a checkpoint: when the caller's scope is cancelled, so is the
   * call. Elsewhere the promise is like any other. It settles only when the task has ended.
   *
   * @returns a promise of what `fn` returns. It rejects, and nothing is thrown at once,
   * - with what `fn` throws,
   * - with the reason of `signal` when that has cancelled the call,
   * - with a `TooSlowError` when it was not done within `timeout`,
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
   * @returns the task's handle. On a portal that is closed, or whose run has ended, one that has failed already.
   * @throws {TypeError} when `fn` is not a function.
   */
  spawn<A extends unknown[], T>(fn: (...args: A) => T | PromiseLike<T>, ...args: A): TaskHandle<T> {
    requireFunction('portal.spawn', fn);
    const refusal = this.#refusal('spawn');
    if (refusal !== undefined) return new RefusedTask(nameOf(fn), refusal);
    return this.#begin(fn as never, args) as TaskHandle<unknown> as TaskHandle<T>;
  }

  /** Takes nothing new from now on; what runs goes on. Closing it again has no effect. */
  close(): void {
    this.#closed = true;
  }

  /**
   * Closes the portal and waits until all that runs in it has ended.
   *
   * A checkpoint.
   *
   * @param options.timeout how long it may go on: milliseconds, or `{ seconds: 2 }`. What has not ended by then is
   *   cancelled, and waited for. By default it may take for ever.
   * @throws {Cancelled} when the surrounding scope is cancelled; the portal stays closed.
   * @throws {StateError} when it is called in a task of the portal, which would wait for itself, or outside of a run.
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

/** The node of the calling code; `undefined` outside of runs, and in code that has outlived its scope or its task. */
function findLivingNode(): ReturnType<typeof findNode> {
  const node = findNode();
  return node === undefined || node.exited || node.task.state !== 'running' || node.run.finished ? undefined : node;
}

/** Nobody has to look at a refusal: it must not end a process that is being shut down. */
function rejected(error: unknown): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => undefined);
  return promise;
}
