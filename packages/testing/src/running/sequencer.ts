import { checkpoint, isCancelled, StateError } from '@tercet/core';
import { currentTask, describeError, inspectAs, suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';

/**
 * Brings parts of several tasks into one order: each part has a position, and begins when the part before it has ended.
 *
 * A part that was cancelled while it waited for its turn, or has failed to wait, can never have it: that breaks the
 * sequence, and whoever waits for a position, or asks for one later, gets an error instead of waiting for ever.
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
      return `Sequencer: ${waiting.length === 0 ? 'nobody waits' : `waiting: ${waiting.join(', ')}`}`;
    });
  }

  readonly #claimed = new Set<number>();
  readonly #reached = new Set([0]);
  readonly #wakers = new Map<number, Waker<void>>();
  #broken: string | undefined = undefined;

  /**
   * Waits for the turn of `position`, runs `body`, and gives the turn to the next position, also when `body` throws.
   *
   * A checkpoint, before the body begins.
   *
   * @param position 0, 1, 2, …; each may be used once.
   * @returns the value of `body`.
   * @throws what `body` throws.
   * @throws {StateError} when the position has been used before, or the sequence is broken, and outside of a run.
   * @throws {RangeError} when the position is not an integer, or negative.
   * @throws {Cancelled} when the scope is cancelled before the body has begun; that breaks the sequence.
   */
  async run<T>(position: number, body: () => T | PromiseLike<T>): Promise<T> {
    if (typeof body !== 'function')
      throw new TypeError(`Sequencer.run(): the body must be a function, not ${typeof body}`);
    currentTask(); // Outside of a run it throws, before the position is used.
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
      throw new RangeError(`Sequencer.run(): a position is 0, 1, 2, …, not ${position}`);
    }
    if (this.#claimed.has(position)) {
      throw new StateError(`Sequencer.run(): position ${position} is used twice; give each part a position of its own`);
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
