import { checkpoint } from '@tercet/core';
import { rejectIfCancelled } from '@tercet/core/lowlevel';

/** How long a pipeline may keep the event loop from turning, in milliseconds. */
const SLICE = 2;
const LONGEST_STRIDE = 64;

/**
 * Keeps a pipeline from starving the event loop. Items that are ready pass in plain loops or in microtasks, and no timer
 * is served meanwhile. So they are counted, and the clock is read after a stride that adapts to how long an item takes.
 */
export class Pacer {
  #left = LONGEST_STRIDE;
  #stride = LONGEST_STRIDE;
  #began: number = performance.now();
  #looked: number = this.#began;

  /** Set as soon as the pipeline is cancelled from outside: a loop that never waits has to notice, too. */
  isCancelled = false;

  /** Counts an item; true when `turn` has to be awaited before the next one. */
  isDue(): boolean {
    return this.isCancelled || (--this.#left <= 0 && this.#look());
  }

  /** Lets the event loop turn. @throws {Cancelled} when the calling code is cancelled. */
  async turn(): Promise<void> {
    if (this.isCancelled) return await checkpoint();
    // Not a wait of the run: the task is at work, and a clock that jumps when all tasks wait must not jump.
    await new Promise<void>((resolve) => void setImmediate(resolve));
    this.#began = this.#looked = performance.now();
    const cancelled = rejectIfCancelled('a pipeline');
    if (cancelled !== undefined) await cancelled;
  }

  #look(): boolean {
    const now = performance.now();
    const sinceLast = now - this.#looked;
    this.#looked = now;
    if (sinceLast > SLICE / 4) this.#stride = Math.max(1, this.#stride >> 1);
    else if (sinceLast < SLICE / 16) this.#stride = Math.min(LONGEST_STRIDE, this.#stride << 1);
    this.#left = this.#stride;
    return now - this.#began >= SLICE;
  }
}
