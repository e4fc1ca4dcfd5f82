import { afterMicrotasks } from './platform.ts';

/** How long a chain of operations that are always ready may keep the event loop from turning, in milliseconds. */
const SLICE = 1;
const LONGEST_STRIDE = 64;

/**
 * Keeps one run from starving the event loop.
 *
 * Operations that need not wait, and tasks that wake each other, go on in microtasks, and no timer, socket or signal is
 * served until those end. So every such step is counted, and once they have gone on for a slice of time, the next ones
 * are put off until the loop has turned. What goes on because of one event of a socket, and ends, is a chain of its own,
 * however much else happens in the same turn.
 *
 * The clock is not read at each step, which would double its price, but after a stride that adapts to how long steps take:
 * it grows by doubling, and as soon as steps turn out to be slow it is as short as they ask for.
 */
export class Turn {
  #stepsLeft = 1;
  #stride = 1;
  /** When the chain that goes on was first looked at, and when last; NaN when none has been. */
  #began = NaN;
  #looked = NaN;
  #deferred: { settle: (value: unknown) => void; value: unknown }[] = [];

  /** Counts a step; true when the slice is used up and the step has to be put off with `defer` or `next`. */
  isSpent(): boolean {
    return --this.#stepsLeft <= 0 && this.#look();
  }

  /** Settles a promise after the loop has turned, in the order of the calls. */
  defer(settle: (value: unknown) => void, value: unknown): void {
    if (this.#deferred.push({ settle, value }) === 1) setImmediate(this.#turned);
  }

  /** A promise that is fulfilled after the loop has turned. */
  next<T>(value: T): Promise<T> {
    return new Promise((resolve) => this.defer(resolve as (value: unknown) => void, value));
  }

  #look(): boolean {
    // Spent already, and so it stays until the chain has ended.
    if (this.#stepsLeft < 0) return true;
    const now = performance.now();
    if (Number.isNaN(this.#began)) {
      this.#began = now;
      afterMicrotasks(this.#ended);
      this.#lengthen();
    } else {
      const sinceLast = now - this.#looked;
      if (sinceLast > SLICE / 4) this.#stride = Math.ceil((this.#stride * SLICE) / (4 * sinceLast));
      else if (sinceLast < SLICE / 16) this.#lengthen();
    }
    this.#looked = now;
    const spent = now - this.#began >= SLICE;
    this.#stepsLeft = spent ? 0 : this.#stride;
    return spent;
  }

  #lengthen(): void {
    this.#stride = Math.min(LONGEST_STRIDE, this.#stride << 1);
  }

  readonly #ended = (): void => {
    this.#began = NaN;
    this.#stepsLeft = this.#stride;
  };

  readonly #turned = (): void => {
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const { settle, value } of deferred) settle(value);
  };
}
