import { checkpoint, isCancelled, StateError } from '@tercet/core';
import { currentTask, describeError, inspectAs, suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';

/**
 * Runs parts of several tasks in a fixed order: each part has a position, and begins when the part before it has ended.
 *
 * A part that is cancelled while it waits for its turn never runs, so the sequence is broken. Then all parts that wait, and all
 * later ones, get an error instead of waiting for ever.
 *
 * @example
 * const sequencer = new Sequencer();
 * nursery.startSoon(() => sequencer.run(1, () => console.log('second')));
 * await sequencer.run(0, () => console.log('first'));
 * await sequencer.run(2, () => console.log('third'));
 */
export class Sequencer {
  static {
    inspectAs(this, (sequencer) => {
      if (sequencer.#broken !== undefined) return 'Sequencer: broken';
      const waiting = [...sequencer.#wakers.keys()].sort((a, b) => a - b);
      return `Sequencer: ${waiting.length === 0 ? 'no task waits' : `waiting: ${waiting.join(', ')}`}`;
    });
  }

  /** The positions that have been used. */
  readonly #claimed = new Set<number>();
  /** The positions whose turn has come. */
  readonly #reached = new Set([0]);
  /** The parts that wait, by position. */
  readonly #wakers = new Map<number, Waker<void>>();
  /** The text of the error, once the sequence is broken. */
  #broken: string | undefined = undefined;

  /**
   * Waits for the turn of `position`, runs `body`, and then gives the turn to the next position, even when `body` throws.
   *
   * A checkpoint before the body begins.
   *
   * @param position 0, 1, 2, …; each may be used once.
   * @returns the value of `body`.
   * @throws any error of `body`.
   * @throws {StateError} when the position has been used before, when the sequence is broken, or outside of a run.
   * @throws {RangeError} when the position is negative or not an integer.
   * @throws {Cancelled} when the scope is cancelled before the body begins. That breaks the sequence.
   */
  async run<T>(position: number, body: () => T | PromiseLike<T>): Promise<T> {
    if (typeof body !== 'function')
      throw new TypeError(`Sequencer.run(): the body must be a function, not ${typeof body}`);
    currentTask(); // Throws outside of a run, before the position is used.
    this.#claim(position);
    await this.#turnOf(position);
    try {
      return await body();
    } finally {
      this.#reach(position + 1);
    }
  }

  #claim(position: number): void {
    if (!Number.isInteger(position) || position < 0) {
      throw new RangeError(`Sequencer.run(): the position must be 0, 1, 2, …, not ${position}`);
    }
    if (this.#claimed.has(position)) {
      throw new StateError(`Sequencer.run(): position ${position} is used twice; give each part another position`);
    }
    this.#throwIfBroken();
    this.#claimed.add(position);
  }

  async #turnOf(position: number): Promise<void> {
    try {
      if (this.#reached.has(position)) {
        await checkpoint();
      } else {
        await suspend<void>(`position ${position} of a Sequencer`, (waker) => {
          this.#wakers.set(position, waker);
          return () => {
            this.#wakers.delete(position);
            return 'succeeded';
          };
        });
      }
    } catch (error) {
      this.#break(position, error);
      throw error;
    }
    this.#throwIfBroken();
  }

  #reach(position: number): void {
    this.#reached.add(position);
    this.#wake(position);
  }

  #break(position: number, error: unknown): void {
    const what = isCancelled(error) ? 'was cancelled' : `has failed (${describeError(error)})`;
    this.#broken ??= `the Sequencer is broken: position ${position} ${what} before its turn`;
    for (const each of [...this.#wakers.keys()]) this.#wake(each);
  }

  #wake(position: number): void {
    const waker = this.#wakers.get(position);
    this.#wakers.delete(position);
    waker?.wake();
  }

  #throwIfBroken(): void {
    if (this.#broken !== undefined) throw new StateError(this.#broken);
  }
}
