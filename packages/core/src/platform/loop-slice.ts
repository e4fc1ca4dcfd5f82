import { monotonicNow, setImmediate } from './platform.ts';
import { resolved } from './resolved.ts';
import type { Task } from '../tasks/task.ts';

/** How long a chain of operations that are always ready may keep the event loop from turning, in milliseconds. */
const SLICE = 1;
const LONGEST_STRIDE = 64;

/** The task that a step belongs to, and what it has waited for: a text, or something that is asked for its text. */
export interface StepSource {
  readonly task: Task;
  readonly what: { toString(): string };
}

/**
 * Keeps a run from starving the event loop.
 *
 * Operations that need not wait, and tasks that wake each other, go on in microtasks. The event loop serves no timer, socket or
 * signal before the microtasks end. So each step counts, and when the steps have used up a slice of time, the next ones are
 * deferred until the loop has turned. A step is an event that lets user code go on in a microtask: a value that is ready, an
 * error that is thrown at once, a task that begins, a scope that is left. Reading the clock at each step would double its cost,
 * so it is read after a stride of steps, which adapts to the time that steps take.
 */
export class LoopSlice {
  /** Number of steps before the clock is read again; not above 0 once the slice is used up. */
  #stepsLeft = LONGEST_STRIDE;
  /** Number of steps between two readings of the clock. */
  #stride = LONGEST_STRIDE;
  /** The instants at which the slice began and the clock was last read. */
  #began = 0;
  #looked = 0;
  /** Whether a callback is scheduled for when the loop has turned. It ends the slice. */
  #marked = false;
  #deferred: { settle: (value: unknown) => void; value: unknown }[] = [];

  /** Whether a scheduler chooses which step goes next. Then each step is deferred. */
  get isOrdered(): boolean {
    return false;
  }

  /** Whether steps of an ordered run are ready. */
  get hasReady(): boolean {
    return false;
  }

  /** Counts a step. True when the slice is used up and the step has to be deferred, by `defer` or `next`. */
  isSpent(): boolean {
    return --this.#stepsLeft <= 0 && this.#look();
  }

  /**
   * Settles a promise after the loop has turned, in the order of the calls.
   *
   * @param _of whose step it is, if it is not the caller's.
   */
  defer(settle: (value: unknown) => void, value: unknown, _of?: StepSource): void {
    this.#mark();
    this.#deferred.push({ settle, value });
  }

  /** A promise that is fulfilled after the loop has turned. */
  next<T>(value: T): Promise<T> {
    return new Promise((resolve) => this.defer(resolve as (value: unknown) => void, value));
  }

  /** A promise that is fulfilled: now, or after the loop has turned when the slice is used up. Counts a step. */
  passed(): Promise<void> {
    return this.isSpent() ? this.next(undefined) : resolved;
  }

  /** A promise that is rejected: now, or after the loop has turned when the slice is used up. Counts a step. */
  reject(error: unknown): Promise<never> {
    if (!this.isSpent()) return Promise.reject(error);
    return new Promise((_resolve, reject) => this.defer(reject, error));
  }

  #look(): boolean {
    const now = monotonicNow();
    if (!this.#marked) {
      this.#mark();
      this.#began = this.#looked = now;
      this.#stepsLeft = this.#stride;
      return false;
    }
    const sinceLast = now - this.#looked;
    this.#looked = now;
    if (sinceLast > SLICE / 4) this.#stride = Math.max(1, this.#stride >> 1);
    else if (sinceLast < SLICE / 16) this.#stride = Math.min(LONGEST_STRIDE, this.#stride << 1);
    const spent = now - this.#began >= SLICE;
    this.#stepsLeft = spent ? 0 : this.#stride;
    return spent;
  }

  #mark(): void {
    if (this.#marked) return;
    this.#marked = true;
    this.#began = this.#looked = monotonicNow();
    setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    this.#marked = false;
    this.#stepsLeft = this.#stride;
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const { settle, value } of deferred) settle(value);
  };
}
