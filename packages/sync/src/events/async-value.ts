import { checkpoint } from '@tercet/core';
import { currentCaller, describeError, inspectAs, rejected, WaitQueue } from '@tercet/core/lowlevel';
import { itemRefusal } from '../arguments/item-refusal.ts';
import { requireFunction } from '../arguments/require-function.ts';

/** One value that it had, and a link to the one that followed. Tasks that wait hold the last one that they have seen. */
interface Change<T> {
  readonly value: T;
  next: Change<T> | undefined;
}

/**
 * A value that tasks can wait for to become what they need. Also called an observable value, or a watch channel.
 *
 * A change wakes every task that waits, and each asks its predicate in its own task: so a predicate sees the task-local
 * values of the task that waits, and cannot fail, or delay, the task that sets. The values form a linked list, of which each
 * waiting task holds its place. So none is missed, and a value that no task has to look at any more is garbage.
 *
 * @example
 * const connections = new AsyncValue(0);
 * nursery.startSoon(async () => {
 *   await connections.waitFor((count) => count === 0);
 *   log('all connections are closed');
 * });
 */
export class AsyncValue<T> {
  static {
    inspectAs(this, (value) => `AsyncValue ${describe(value.value)}, ${value.#waiters.length} waiting`);
  }

  /** The end of the list: the present value. Its `next` is `undefined`. */
  #latest: Change<T>;
  /** Tasks that have looked at all values up to the present one. */
  readonly #waiters = new WaitQueue<void>('a value');

  /** @throws {TypeError} when `value` is a promise. */
  constructor(value: T) {
    requireNoPromise(value, 'AsyncValue');
    this.#latest = { value, next: undefined };
  }

  /** The present value. Setting it is the same as `set`. */
  get value(): T {
    return this.#latest.value;
  }

  set value(value: T) {
    this.set(value);
  }

  /**
   * Changes the value, and wakes the tasks that wait for it. A value that is the same, by `Object.is`, changes nothing. Not a
   * checkpoint; may also be called from callbacks and events, and outside of a run.
   *
   * @param value anything but a promise, which `waitFor` would wait for: await it first.
   * @throws {TypeError} when `value` is a promise.
   */
  set(value: T): void {
    requireNoPromise(value, 'set()');
    if (Object.is(value, this.#latest.value)) return;
    const change: Change<T> = { value, next: undefined };
    this.#latest.next = change;
    this.#latest = change;
    this.#waiters.wakeAll();
  }

  /**
   * Waits until the value is one that `predicate` accepts. If it is already, other tasks go on first. A value that fits is not
   * missed, however soon the next one follows.
   *
   * A checkpoint.
   *
   * @param predicate called synchronously, in the task that waits, with the value now, and with each later one.
   * @returns the value that fits.
   * @throws the error of `predicate`. @throws {Cancelled} when the surrounding scope is cancelled.
   * @throws {TypeError} when `predicate` is not a function, or returns a promise. @throws {StateError} outside of a run.
   */
  waitFor(predicate: (value: T) => boolean): Promise<T> {
    const caller = currentCaller();
    const refused = caller.refuse('waitFor()');
    if (refused !== undefined) return refused;
    const present = this.#latest;
    try {
      requireFunction(predicate, 'waitFor() takes a predicate');
      if (accepts(predicate, present.value)) return caller.ready(present.value);
    } catch (error) {
      return rejected(error);
    }
    return this.#waitAfter(present, predicate);
  }

  /**
   * The values after each change, from this call on. A loop that is slower than the changes gets the latest value and
   * skips those before it.
   *
   * Each step is a checkpoint.
   *
   * @throws {Cancelled} in the loop, when the surrounding scope is cancelled.
   * @example
   * for await (const level of battery.changes()) show(level);
   */
  changes(): AsyncIterable<T> {
    const present = this.#latest;
    return { [Symbol.asyncIterator]: () => this.#stepsAfter(present) };
  }

  async #waitAfter(last: Change<T>, predicate: (value: T) => boolean): Promise<T> {
    for (;;) {
      if (last.next === undefined) await this.#waiters.wait(undefined);
      // A predicate has set a value.
      else await checkpoint();
      // All that have come, though the task may have been cancelled since: one that was woken keeps its result.
      const end = this.#latest;
      while (last !== end) {
        last = last.next!;
        if (accepts(predicate, last.value)) return last.value;
      }
    }
  }

  #stepsAfter(last: Change<T>): AsyncIterator<T> {
    return {
      next: async () => {
        if (last === this.#latest) await this.#waiters.wait(undefined);
        else await checkpoint();
        // More changes may have followed: the loop gets the latest.
        last = this.#latest;
        return { value: last.value, done: false };
      },
    };
  }
}

function accepts<T>(predicate: (value: T) => boolean, value: T): boolean {
  const answer: unknown = predicate(value);
  if (typeof answer === 'object' && answer !== null && 'then' in answer) {
    throw new TypeError('waitFor(): the predicate has to answer at once, and has returned a promise');
  }
  return Boolean(answer);
}

function requireNoPromise(value: unknown, operation: string): void {
  const refusal = itemRefusal(value, operation);
  if (refusal !== undefined) throw refusal;
}

function describe(value: unknown): string {
  try {
    return String(value);
  } catch (error) {
    return `of type ${typeof value} that cannot be shown (${describeError(error)})`;
  }
}
