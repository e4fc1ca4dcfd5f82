import { shielded, StateError } from '@tercet/core';
import { currentCaller, currentTask, inspectAs, rejected, WaitQueue } from '@tercet/core/lowlevel';
import type { Caller } from '@tercet/core/lowlevel';
import { requireCount } from '../arguments/require-count.ts';
import { runHolding } from './holding.ts';
import { Lock, queueOf, serveQueue } from './lock.ts';
import type { Claim, LockStatistics } from './lock.ts';

/**
 * The result of `Condition.statistics`.
 *
 * @example
 * const condition = new Condition();
 * const { tasksWaiting, lock }: ConditionStatistics = condition.statistics();
 * console.log(`${tasksWaiting} wait for news, ${lock.tasksWaiting} for the lock`);
 */
export interface ConditionStatistics {
  /** How many tasks wait for it. */
  readonly tasksWaiting: number;
  /** The numbers of its lock. */
  readonly lock: LockStatistics;
}

/**
 * A way to wait until something about shared state is true, together with the lock that protects the state.
 *
 * A task holds the lock while it looks at the state, and waits as long as it does not find what it needs; the task that changes
 * the state notifies. A task that was notified holds the lock again when it goes on, and the state may have changed once
 * more by then: so always wait in a loop.
 *
 * A notification is never lost: a task that was notified, and is cancelled before it holds the lock again, passes it on to
 * the next one that waits. (In Trio it is lost.)
 *
 * @example
 * const changed = new Condition();
 *
 * async function takeTwo(): Promise<void> {
 *   using _ = await changed.acquire();
 *   while (stock < 2) await changed.wait();
 *   stock -= 2;
 * }
 *
 * async function deliver(): Promise<void> {
 *   using _ = await changed.acquire();
 *   stock++;
 *   changed.notifyAll();
 * }
 */
export class Condition {
  static {
    inspectAs(
      this,
      (condition) => `Condition ${condition.locked ? 'held' : 'free'}, ${condition.#waiters.length} waiting`,
    );
  }

  readonly #lock: Lock;
  /**
   * Tasks that have not been notified; a notified one moves to the queue of the lock. While there are any, they are
   * dependents of that queue: if the owner of the lock ends without releasing it, no task can ever notify them, so they
   * have to break together with it. (In Trio they wait for ever.)
   */
  readonly #waiters = new WaitQueue<Disposable, Claim>('condition');

  /**
   * @param lock the lock that protects the state; by default a new one.
   * @throws {TypeError} when it is not a `Lock`.
   */
  constructor(lock: Lock = new Lock()) {
    if (!(lock instanceof Lock)) throw new TypeError('Condition: the lock must be a Lock');
    this.#lock = lock;
  }

  /** Whether a task holds the lock. */
  get locked(): boolean {
    return this.#lock.locked;
  }

  /** Acquires the lock: `Lock.acquire`. */
  acquire(): Promise<Disposable> {
    return this.#lock.acquire();
  }

  /** Acquires the lock, if it is free: `Lock.acquireNowait`. */
  acquireNowait(): Disposable {
    return this.#lock.acquireNowait();
  }

  /** Releases the lock: `Lock.release`. */
  release(): void {
    this.#lock.release();
  }

  /** Acquires the lock, calls `fn`, and releases it when that has ended: `Lock.run`. */
  run<R>(fn: () => R | PromiseLike<R>): Promise<R> {
    return runHolding(this, fn);
  }

  /**
   * Releases the lock, waits until it is notified, and acquires the lock again. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled. The lock is held then, too, which may take until its
   * present owner and the tasks that wait for it have released it; and a notification that came before wakes another task.
   * @throws {BrokenResourceError} when the owner of the lock has ended without releasing it.
   * @throws {StateError} when the task does not hold the lock, and outside of a run.
   */
  wait(): Promise<void> {
    const caller = currentCaller();
    const refused = caller.refuse('wait()');
    if (refused !== undefined) return refused;
    const refusal = this.#refusal('wait()');
    return refusal === undefined ? this.#wait(caller) : rejected(refusal);
  }

  async #wait(caller: Caller): Promise<void> {
    const waiters = this.#waiters;
    const queueOfLock = queueOf(this.#lock);
    const own: Claim = { notified: false };
    queueOfLock.addDependent(waiters);
    this.#lock.release();
    try {
      await waiters.wait(own, caller);
    } catch (error) {
      if (own.notified) this.#passOn();
      await shielded(() => this.#lock.acquire());
      throw error;
    } finally {
      if (waiters.length === 0) queueOfLock.removeDependent(waiters);
    }
  }

  /**
   * Wakes the tasks that have waited longest: they join the queue for the lock. Not a checkpoint.
   *
   * @param count how many at most; 1 when left out.
   * @throws {StateError} when the task does not hold the lock, and outside of a run.
   * @throws {TypeError} when `count` is not a whole number. @throws {RangeError} when it is negative.
   */
  notify(count = 1): void {
    const refusal = this.#refusal('notify()');
    if (refusal !== undefined) throw refusal;
    requireCount(count, 'notify(): the count');
    for (let moved = 0; moved < count && this.#moveFirst(); moved++);
  }

  /**
   * Wakes all tasks that wait. Not a checkpoint.
   *
   * @throws {StateError} when the task does not hold the lock, and outside of a run.
   */
  notifyAll(): void {
    this.notify(Infinity);
  }

  /** Numbers about its state at this moment. */
  statistics(): ConditionStatistics {
    return { tasksWaiting: this.#waiters.length, lock: this.#lock.statistics() };
  }

  /** Lets the task that has waited longest queue for the lock; false when none waits. */
  #moveFirst(): boolean {
    const { first } = this.#waiters;
    if (first === undefined) return false;
    first.payload.notified = true;
    return this.#waiters.moveFirstTo(queueOf(this.#lock));
  }

  /** Gives a notification to the next task. The lock may have become free since, and then that task gets it. */
  #passOn(): void {
    if (this.#moveFirst() && !this.#lock.locked) serveQueue(this.#lock);
  }

  #refusal(operation: string): StateError | undefined {
    if (this.#lock.statistics().owner === currentTask()) return undefined;
    return new StateError(`${operation}: the calling task does not hold the lock`);
  }
}
