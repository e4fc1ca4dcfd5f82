import { currentCaller, inspectAs, rejected, WaitQueue } from '@tercet/core/lowlevel';
import { requireFunction } from '../arguments/require-function.ts';

/**
 * A value that tasks can wait for to become what they need.
 *
 * @example
 * const connections = new AsyncValue(0);
 * nursery.startSoon(async () => {
 *   await connections.waitFor((count) => count === 0);
 *   log('nobody is connected');
 * });
 */
export class AsyncValue<T> {
  static {
    inspectAs(this, (value) => `AsyncValue ${String(value.#value)}, ${value.#waiters.length} waiting`);
  }

  #value: T;
  readonly #waiters = new WaitQueue<T, (value: T) => boolean>('a value');
  /** Counts the changes, so that a loop over them knows whether it has seen the latest. */
  #changes = 0;

  constructor(value: T) {
    this.#value = value;
  }

  /** The present value. Setting it is the same as `set`. */
  get value(): T {
    return this.#value;
  }

  set value(value: T) {
    this.set(value);
  }

  /**
   * Changes the value, and wakes the tasks that have waited for it. A value that is the same, by `Object.is`, changes
   * nothing. Not a checkpoint; may also be called from callbacks and events.
   *
   * What a predicate throws reaches the task that waits with it.
   */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.#changes++;
    for (const waiter of this.#waiters) {
      let fits: boolean;
      try {
        fits = waiter.payload(value);
      } catch (error) {
        waiter.fail(error);
        continue;
      }
      if (fits) waiter.wake(value);
    }
  }

  /**
   * Waits until the value is one that `predicate` accepts; returns at once, after other tasks had their turn, if it is
   * already. A value that fits is not missed, however soon the next one follows.
   *
   * A checkpoint.
   *
   * @param predicate called synchronously with the value now, and with each later one.
   * @returns the value that fits.
   * @throws what `predicate` throws. @throws {Cancelled} when the surrounding scope is cancelled.
   * @throws {TypeError} when `predicate` is not a function. @throws {StateError} outside of a run.
   */
  waitFor(predicate: (value: T) => boolean): Promise<T> {
    const caller = currentCaller();
    const refused = caller.refuse('waitFor()');
    if (refused !== undefined) return refused;
    try {
      requireFunction(predicate, 'waitFor() takes a predicate');
      if (predicate(this.#value)) return caller.ready(this.#value);
    } catch (error) {
      return rejected(error);
    }
    return this.#waiters.wait(predicate, caller);
  }

  /**
   * The values after each change, from this call on. A loop that is slower than the changes gets the latest value and
   * skips those before it.
   *
   * Each step is a checkpoint.
   *
   * @throws {Cancelled} in the loop, when the surrounding scope is cancelled.
   */
  changes(): AsyncIterable<T> {
    let seen = this.#changes;
    const next = async (): Promise<IteratorResult<T>> => {
      await this.waitFor(() => this.#changes !== seen);
      // More may have changed since it was woken: the latest is what counts.
      seen = this.#changes;
      return { value: this.#value, done: false };
    };
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }
}
