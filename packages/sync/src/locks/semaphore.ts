import { WouldBlock } from '@tercet/core';
import { currentCaller, inspectAs, WaitQueue } from '@tercet/core/lowlevel';
import type { Selectable } from '@tercet/core/lowlevel';
import { requireCount } from '../arguments/require-count.ts';
import { Holding, runHolding } from './holding.ts';

/**
 * How a semaphore is made.
 *
 * @example
 * const places = new Semaphore(3, { maxValue: 3 });
 * await places.run(() => sleep(1));
 * places.value; // 3; releasing once more would be an error
 */
export interface SemaphoreOptions {
  /** The upper limit of the value: one release too many is an error then. By default Infinity. */
  readonly maxValue?: number;
}

/**
 * The result of `Semaphore.statistics`.
 *
 * @example
 * const places = new Semaphore(1);
 * await openNursery(async (nursery) => {
 *   for (let car = 0; car < 3; car++) nursery.startSoon(() => places.run(() => sleep(2)));
 *   await sleep(1);
 *   const { tasksWaiting }: SemaphoreStatistics = places.statistics(); // 2
 * });
 */
export interface SemaphoreStatistics {
  /** How many tasks wait for it. */
  readonly tasksWaiting: number;
}

/**
 * A number that tasks take one from, and wait while it is zero. Any task may add one.
 *
 * To limit how many tasks do something at a time, prefer `CapacityLimiter`, which knows its borrowers.
 *
 * @example
 * const items = new Semaphore(0);
 * nursery.startSoon(async () => { for (;;) { await items.acquire(); consume(); } });
 * produce();
 * items.release();
 */
export class Semaphore {
  static {
    inspectAs(
      this,
      (semaphore) => `Semaphore ${semaphore.#value} of ${semaphore.#maxValue}, ${semaphore.#waiters.length} waiting`,
    );
  }

  /** Above zero only while no task waits: a release goes to the waiting task instead. */
  #value: number;
  readonly #maxValue: number;
  /** Tasks wait here only while the value is zero. */
  readonly #waiters = new WaitQueue<Disposable>('semaphore');
  /** Made once, since it holds no state. */
  #case: Selectable<Disposable> | undefined = undefined;
  readonly #giveBack = (): void => this.release();

  /**
   * @param initialValue a whole number from zero on.
   * @throws {TypeError} when a number is not a whole number. @throws {RangeError} when one is negative, or the initial value
   * exceeds the maximum.
   */
  constructor(initialValue: number, options: SemaphoreOptions = {}) {
    this.#value = requireCount(initialValue, 'Semaphore: the initial value');
    this.#maxValue = requireCount(options.maxValue ?? Infinity, 'Semaphore: maxValue');
    if (initialValue > this.#maxValue) {
      throw new RangeError('Semaphore: the initial value exceeds maxValue');
    }
  }

  /** How many can be acquired without waiting. */
  get value(): number {
    return this.#value;
  }

  /** Infinity when there is none. */
  get maxValue(): number {
    return this.#maxValue;
  }

  /**
   * Takes one, and waits while there is none. A checkpoint. The task that has waited longest is served first.
   *
   * @returns what releases it: `using _ = await semaphore.acquire()`. It may be ignored.
   * @throws {Cancelled} when the surrounding scope is cancelled; then nothing is taken.
   * @throws {StateError} outside of a run.
   */
  acquire(): Promise<Disposable> {
    const caller = currentCaller();
    return (
      caller.refuse('acquire()') ??
      (this.#value > 0 ? caller.ready(this.#take()) : this.#waiters.wait(undefined, caller))
    );
  }

  /** `acquire` as a case of a `select`. */
  acquiring(): Selectable<Disposable> {
    return (this.#case ??= {
      poll: () => (this.#value > 0 ? { value: this.#take() } : undefined),
      arm: (slot) => this.#waiters.enter(undefined, slot),
    });
  }

  /**
   * Takes one, if there is one. Not a checkpoint.
   *
   * @returns what releases it. @throws {WouldBlock} when the value is zero.
   */
  acquireNowait(): Disposable {
    if (this.#value === 0) throw new WouldBlock('acquireNowait(): the value of the semaphore is 0');
    return this.#take();
  }

  /**
   * Adds one to the value, or gives it to the task that has waited longest. Not a checkpoint; may also be
   * called from callbacks and events.
   *
   * @throws {RangeError} when the value would exceed its maximum.
   */
  release(): void {
    if (this.#waiters.wakeFirst(this.#holding())) return;
    if (this.#value === this.#maxValue && this.#value < Infinity) {
      throw new RangeError('release(): the value is maxValue already');
    }
    this.#value++;
  }

  /**
   * Takes one, calls `fn`, and adds it again when that has ended, in whichever way. A checkpoint.
   *
   * @returns what `fn` returns.
   * @throws the error of `fn`, and the errors of `acquire`.
   */
  run<R>(fn: () => R | PromiseLike<R>): Promise<R> {
    return runHolding(this, fn);
  }

  /** Numbers about its state at this moment. */
  statistics(): SemaphoreStatistics {
    return { tasksWaiting: this.#waiters.length };
  }

  #take(): Disposable {
    this.#value--;
    return this.#holding();
  }

  #holding(): Disposable {
    return new Holding(this.#giveBack, undefined);
  }
}
