import { BrokenResourceError } from '../errors/tercet-error.ts';
import { currentNode } from '../frames/frames.ts';
import { inspectAs } from '../platform/platform.ts';
import type { Task } from '../tasks/task.ts';
import { rejected } from './checkpoint.ts';
import { BreakableQueue } from './breakable-queue.ts';

/**
 * A place where tasks wait until another task wakes a number of them: a building block of primitives. First come, first
 * served; a cancelled task leaves without a trace. Use `WaitQueue` where a waiter brings a value or gets one.
 *
 * @example
 * class Gate {
 *   readonly #lot = new ParkingLot();
 *   async pass(): Promise<void> {
 *     await this.#lot.park();
 *   }
 *   open(): void {
 *     this.#lot.unparkAll();
 *   }
 * }
 */
export class ParkingLot {
  static {
    inspectAs(this, (lot) => `ParkingLot: ${lot.size} waiting${lot.brokenBy.length > 0 ? ', broken' : ''}`);
  }

  readonly #queue: BreakableQueue<void>;

  /** @param what the name of the wait in the task tree. */
  constructor(what = 'parking lot') {
    this.#queue = new BreakableQueue(what, () => this.#brokenError());
  }

  /** How many tasks are parked. */
  get size(): number {
    return this.#queue.length;
  }

  /**
   * Parks the calling task until it is unparked. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled.
   * @throws {BrokenResourceError} when the lot is broken, or breaks meanwhile.
   * @throws {StateError} outside of a run.
   */
  park(): Promise<void> {
    return this.brokenBy.length > 0 ? rejected(this.#brokenError()) : this.#queue.wait(undefined);
  }

  /**
   * Wakes up to `count` tasks, the oldest first.
   *
   * @returns the tasks that were woken. @throws {RangeError} when `count` is neither a non-negative integer nor Infinity.
   */
  unpark(count = 1): Task[] {
    requireCount(count, 'unpark');
    const woken: Task[] = [];
    // Waking a task calls foreign hooks, which may cancel the next one, or park again.
    for (let left = Math.min(count, this.size); left > 0; left--) {
      const { first } = this.#queue;
      if (first === undefined) break;
      woken.push(first.task);
      first.wake();
    }
    return woken;
  }

  /** Wakes all tasks. */
  unparkAll(): Task[] {
    return this.unpark(Infinity);
  }

  /** Moves up to `count` tasks, the oldest first, to the end of another lot, where they go on waiting. */
  repark(lot: ParkingLot, count = 1): void {
    if (!(lot instanceof ParkingLot)) throw new TypeError('repark(): the first argument must be a ParkingLot');
    requireCount(count, 'repark');
    // Not more than are here now: a lot may be moved to itself.
    for (let left = Math.min(count, this.size); left > 0 && this.#queue.moveFirstTo(lot.#queue); left--);
    if (lot.brokenBy.length > 0) lot.#queue.failAll(() => lot.#brokenError());
  }

  /** Moves all tasks. */
  reparkAll(lot: ParkingLot): void {
    this.repark(lot, Infinity);
  }

  /**
   * Breaks the lot for good: parked tasks, and tasks that park later, get a `BrokenResourceError` that names the breaking task.
   *
   * @param task the task that breaks it; by default the calling task.
   */
  breakLot(task: Task = currentNode('breakLot()').task): void {
    this.#queue.breakNow(task);
  }

  /** Breaks the lot when the task ends: for locks, whose owner must not end without releasing them. */
  breakWith(task: Task): void {
    this.#queue.breakWith(task);
  }

  /** Undoes `breakWith`: the task may end now. */
  unbreakWith(task: Task): void {
    this.#queue.unbreakWith(task);
  }

  /** The tasks that have broken it; empty while it is intact. */
  get brokenBy(): readonly Task[] {
    return this.#queue.brokenBy;
  }

  statistics(): { readonly tasksWaiting: number } {
    return { tasksWaiting: this.#queue.length };
  }

  #brokenError(): BrokenResourceError {
    return new BrokenResourceError(
      `the parking lot was broken by ${this.brokenBy.map((task) => task.name).join(', ')}`,
    );
  }
}

function requireCount(count: number, operation: string): void {
  if (count !== Infinity && !(Number.isInteger(count) && count >= 0)) {
    throw new RangeError(`ParkingLot.${operation}(): count must be a non-negative integer or Infinity, not ${count}`);
  }
}
