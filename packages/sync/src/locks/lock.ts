import { BrokenResourceError, StateError, WouldBlock } from '@tercet/core';
import { BreakableQueue, currentCaller, currentTask, inspectAs, rejected } from '@tercet/core/lowlevel';
import type { Selectable, Task } from '@tercet/core/lowlevel';
import { Holding, runHolding } from './holding.ts';

/**
 * The result of `Lock.statistics`.
 *
 * @example
 * const lock = new Lock();
 * await lock.run(async () => {
 *   const { locked, owner, tasksWaiting }: LockStatistics = lock.statistics();
 *   console.log(locked, owner?.name, tasksWaiting);
 * });
 */
export interface LockStatistics {
  /** Whether a task holds it. */
  readonly locked: boolean;
  /** The task that holds it. */
  readonly owner: Task | undefined;
  /** How many tasks wait for it. */
  readonly tasksWaiting: number;
}

/** Says of a task that waits for a lock whether a condition has notified it, and so sent it there. */
export interface Claim {
  notified: boolean;
}

const DIRECT: Claim = Object.freeze({ notified: false });

/** The queue of a lock, for `Condition`, whose waiters move there when they are notified. */
export let queueOf: (lock: Lock) => BreakableQueue<Disposable, Claim>;

/** Gives a lock that no task holds to the task that has waited longest. */
export let serveQueue: (lock: Lock) => void;

/**
 * A mutex: held by one task at a time, which also has to release it.
 *
 * Releasing gives it to the task that has waited longest, at once: no other task can take it in between, and the task that
 * releases it and wants it again joins the end of the queue. When a task ends and still holds the lock, the lock is broken for
 * ever, since what it protects may be half done.
 *
 * @example
 * const lock = new Lock();
 *
 * async function transfer(): Promise<void> {
 *   using _ = await lock.acquire();
 *   await withdraw();
 *   await deposit();
 * }
 */
export class Lock {
  static {
    inspectAs(this, (lock) => `${lock.constructor.name} ${lock.#describe()}`);
    queueOf = (lock) => lock.#waiters;
    serveQueue = (lock) => lock.#serve();
  }

  /**
   * The task that holds it; `undefined` when it is free. A task that has ended without releasing it stays here, so that
   * errors can name it.
   */
  #owner: Task | undefined = undefined;
  /** Tasks wait here only while there is an owner, and none after it is broken. It breaks when the owner ends. */
  readonly #waiters = new BreakableQueue<Disposable, Claim>('lock', () => this.#brokenError('acquire()'));
  /** Made once, since it holds no state. */
  #case: Selectable<Disposable> | undefined = undefined;
  readonly #giveBack = (): void => {
    // A task that waits at a condition holds a `using`, too. If the lock breaks, it does not hold it when that ends.
    if (!this.#broken) this.release();
  };

  /** Whether a task holds it. */
  get locked(): boolean {
    return this.#owner !== undefined;
  }

  /**
   * Acquires the lock, and waits while another task holds it. A checkpoint.
   *
   * @returns what releases it: `using _ = await lock.acquire()`. It may be ignored when `release` is called instead.
   * @throws {Cancelled} when the surrounding scope is cancelled; then the lock is not held.
   * @throws {BrokenResourceError} when the owner has ended without releasing it, or does so meanwhile.
   * @throws {StateError} when the task holds it already, and outside of a run.
   */
  acquire(): Promise<Disposable> {
    const caller = currentCaller();
    const refused = caller.refuse('acquire()');
    if (refused !== undefined) return refused;
    const task = currentTask();
    const refusal = this.#refusal('acquire()', task);
    if (refusal !== undefined) return rejected(refusal);
    return this.#owner === undefined ? caller.ready(this.#give(task)) : this.#waiters.wait(DIRECT, caller);
  }

  /** `acquire` as a case of a `select`. */
  acquiring(): Selectable<Disposable> {
    return (this.#case ??= {
      poll: () => {
        const task = currentTask();
        const refusal = this.#refusal('acquire()', task);
        if (refusal !== undefined) throw refusal;
        return this.#owner === undefined ? { value: this.#give(task) } : undefined;
      },
      arm: (slot) => this.#waiters.enter(DIRECT, slot),
    });
  }

  /**
   * Acquires the lock, if it is free. Not a checkpoint.
   *
   * @returns what releases it.
   * @throws {WouldBlock} when another task holds it.
   * @throws {BrokenResourceError} when the owner has ended without releasing it.
   * @throws {StateError} when the task holds it already, and outside of a run.
   */
  acquireNowait(): Disposable {
    const task = currentTask();
    const refusal = this.#refusal('acquireNowait()', task);
    if (refusal !== undefined) throw refusal;
    if (this.#owner !== undefined) {
      throw new WouldBlock(`acquireNowait(): the lock is ${this.#describe()}`);
    }
    return this.#give(task);
  }

  /**
   * Releases the lock: from now on it belongs to the task that has waited longest. Not a checkpoint.
   *
   * @throws {StateError} when the task does not hold it.
   */
  release(): void {
    const owner = this.#owner;
    if (owner === undefined || owner !== currentTask()) {
      throw new StateError(`release(): the calling task does not hold the lock, which is ${this.#describe()}`);
    }
    this.#waiters.unbreakWith(owner);
    this.#serve();
  }

  /**
   * Acquires the lock, calls `fn`, and releases it when that has ended, in whichever way. A checkpoint.
   *
   * @returns what `fn` returns.
   * @throws the error of `fn`, and the errors of `acquire`.
   */
  run<R>(fn: () => R | PromiseLike<R>): Promise<R> {
    return runHolding(this, fn);
  }

  /** Numbers about its state at this moment. */
  statistics(): LockStatistics {
    return { locked: this.locked, owner: this.#owner, tasksWaiting: this.#waiters.length };
  }

  #serve(): void {
    const next = this.#waiters.first;
    if (next === undefined) this.#owner = undefined;
    else next.wake(this.#give(next.task));
  }

  #give(task: Task): Disposable {
    this.#owner = task;
    this.#waiters.breakWith(task);
    return new Holding(this.#giveBack, undefined);
  }

  #refusal(operation: string, task: Task): Error | undefined {
    if (this.#broken) return this.#brokenError(operation);
    if (this.#owner !== task) return undefined;
    return new StateError(`${operation}: the calling task holds the lock already`);
  }

  #brokenError(operation: string): BrokenResourceError {
    return new BrokenResourceError(`${operation}: the lock is ${this.#describe()}`);
  }

  get #broken(): boolean {
    return this.#waiters.brokenBy.length > 0;
  }

  #describe(): string {
    const owner = this.#owner;
    const holder = owner === undefined ? 'free' : `held by task ${owner.name}#${owner.id}`;
    const end = this.#broken ? 'which has ended without releasing it' : `${this.#waiters.length} waiting`;
    return `${holder}, ${end}`;
  }
}

/**
 * A lock that promises to be first come, first served: for protocols that rely on the order, such as one writer after
 * the other on one connection. `Lock` works the same way, and does not promise it.
 *
 * @example
 * const turn = new StrictFIFOLock();
 * await turn.run(() => sendMessage()); // in the order in which the tasks have come
 */
export class StrictFIFOLock extends Lock {}
