import { monotonicNow, setImmediate } from './platform.ts';
import { resolved } from './resolved.ts';

/** How long a chain of operations that are always ready may keep the event loop from turning, in milliseconds. */
const SLICE = 1;
const LONGEST_STRIDE = 64;

/**
 * Keeps one run from starving the event loop.
 *
 * Operations that need not wait, and tasks that wake each other, go on in microtasks, and no timer, socket or signal is
 * served until those end. So every such step is counted, and once they have gone on for a slice of time, the next ones
 * are put off until the loop has turned. A step is whatever lets code of a user go on in a microtask: a value that is ready,
 * an error that is thrown at once, a task that begins, a scope that is left. The clock is not read at each step, which would double its price, but after a
 * stride that adapts to how long steps take.
 */
export class LoopSlice {
  #stepsLeft = LONGEST_STRIDE;
  #stride = LONGEST_STRIDE;
  #began = 0;
  #looked = 0;
  #marked = false;
  #deferred: { settle: (value: unknown) => void; value: unknown }[] = [];

  /** Counts a step; true when the slice is used up and the step has to be put off with `defer` or `next`. */
  isSpent(): boolean {
    return --this.#stepsLeft <= 0 && this.#look();
  }

  /** Settles a promise after the loop has turned, in the order of the calls. */
  defer(settle: (value: unknown) => void, value: unknown): void {
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
    setImmediate(this.#turned);
  }

  readonly #turned = (): void => {
    this.#marked = false;
    this.#stepsLeft = this.#stride;
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const { settle, value } of deferred) settle(value);
  };
}
