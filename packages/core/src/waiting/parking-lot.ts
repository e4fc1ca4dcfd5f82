import { BrokenResourceError } from '../errors/tercet-error.ts';
import { currentNode } from '../frames/frames.ts';
import { inspectAs } from '../platform/platform.ts';
import type { Task } from '../tasks/task.ts';
import { rejected } from './checkpoint.ts';
import { offTaskExit, onTaskExit } from './task-exit.ts';
import { WaitQueue } from './wait-queue.ts';

/**
 * A place where tasks wait until somebody calls them by number: the building block of locks and events. First come,
 * first served; a cancelled task leaves without a trace.
 */
export class ParkingLot {
  static {
    inspectAs(this, (lot) => `ParkingLot: ${lot.size} waiting${lot.#brokenBy.length > 0 ? ', broken' : ''}`);
  }

  readonly #queue: WaitQueue<void>;
  readonly #brokenBy: Task[] = [];

  /** @param what what parked tasks wait for, as the task tree shows it. */
  constructor(what = 'parking lot') {
    this.#queue = new WaitQueue(what);
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
    return this.#brokenBy.length > 0 ? rejected(this.#brokenError()) : this.#queue.wait(undefined);
  }

  /**
   * Wakes up to `count` tasks, those first that came first.
   *
   * @returns the tasks that were woken. @throws {RangeError} when `count` is neither a non-negative integer nor Infinity.
   */
  unpark(count = 1): Task[] {
    requireCount(count, 'unpark');
    const woken: Task[] = [];
    // To wake one calls foreign hooks, which may cancel the next one, or park again.
    for (let left = Math.min(count, this.size); left > 0; left--) {
      const { first } = this.#queue;
      if (first === undefined) break;
      woken.push(first.task);
      first.wake();
    }
    return woken;
  }

  /** Wakes all. */
  unparkAll(): Task[] {
    return this.unpark(Infinity);
  }

  /** Moves up to `count` tasks to the end of another lot, where they go on waiting. */
  repark(lot: ParkingLot, count = 1): void {
    if (!(lot instanceof ParkingLot)) throw new TypeError('repark(): the first argument must be a ParkingLot');
    requireCount(count, 'repark');
    for (let moved = 0; moved < count && this.#queue.moveFirstTo(lot.#queue); moved++);
    if (lot.#brokenBy.length > 0) lot.#failAll();
  }

  /** Moves all. */
  reparkAll(lot: ParkingLot): void {
    this.repark(lot, Infinity);
  }

  /**
   * Makes it useless from now on: parked tasks, and those that come later, get a `BrokenResourceError` that names the task.
   *
   * @param task who broke it; by default the calling task.
   */
  breakLot(task: Task = currentNode('breakLot()').task): void {
    this.#brokenBy.push(task);
    this.#failAll();
  }

  /** Breaks the lot when that task ends: for locks, whose owner must not leave without releasing. */
  breakWith(task: Task): void {
    onTaskExit(task, this.#onExit);
  }

  /** The task may end now. */
  unbreakWith(task: Task): void {
    offTaskExit(task, this.#onExit);
  }

  /** The tasks that have broken it; empty while it is whole. */
  get brokenBy(): readonly Task[] {
    return this.#brokenBy;
  }

  statistics(): { readonly tasksWaiting: number } {
    return { tasksWaiting: this.#queue.length };
  }

  readonly #onExit = (task: Task): void => this.breakLot(task);

  #failAll(): void {
    this.#queue.failAll(() => this.#brokenError());
  }

  #brokenError(): BrokenResourceError {
    return new BrokenResourceError(
      `the parking lot was broken by ${this.#brokenBy.map((task) => task.name).join(', ')}`,
    );
  }
}

function requireCount(count: number, operation: string): void {
  if (count !== Infinity && !(Number.isInteger(count) && count >= 0)) {
    throw new RangeError(`ParkingLot.${operation}(): count must be a non-negative integer or Infinity, not ${count}`);
  }
}
