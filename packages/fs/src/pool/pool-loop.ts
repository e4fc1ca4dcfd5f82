import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers';
import { runOutside } from '@tercet/core/lowlevel';
import { threadCount } from './thread-count.ts';

/** The number of turns, of one or two microseconds each, after which the loop falls asleep if no operation has ended. */
const PATIENCE = 100;
/** The upper limit of `#pause`. */
const LONGEST_PAUSE = 64;

/** An operation on its way into the pool. */
export interface PoolEntry {
  start(): void;
}

/**
 * Keeps the event loop and the threads of the pool from falling asleep between short operations. Their work for a small file
 * takes one or two microseconds; waking a sleeping thread, or the loop, takes twenty to fifty, mostly in the kernel
 * (decision 13; benchmark `fs`, stat and readText).
 *
 * Implementation details:
 * - **The loop spins**, as a lock spins before it sleeps. While only few operations are in the pool, it turns without sleeping,
 *   and serves everything else meanwhile. For short operations this takes less processor time than sleeping and being woken.
 *   It needs a core that no thread of the pool uses, hence `#few`.
 * - **It backs off.** If no operation ends within `PATIENCE` turns, the loop sleeps, and does not spin for the next `#pause`
 *   operations: 1, 3, 7, up to `LONGEST_PAUSE`. As soon as an operation ends while the loop spins, the pause is 0 again.
 * - **Operations are started in batches** if they would have to queue for a thread anyway: at the end of the turn. Threads that
 *   got them one by one would run out of work in between.
 */
class PoolLoop {
  /** With more operations than this in flight, the threads of the pool need all cores, and the loop does not spin. */
  readonly #few: number = availableParallelism() - 1;
  /** With more operations than this in flight, some of them queue for a thread. */
  readonly #many: number = threadCount();
  #inFlight = 0;

  /** Operations to start at the end of this turn. */
  #batch: PoolEntry[] = [];

  /** Whether the loop spins: a turn has been scheduled. */
  #spinning = false;
  /** After this many turns without an operation that ends, the loop stops spinning. */
  #turnsLeft = 0;
  /** For how many operations the loop does not spin after it has last spun in vain; 0 if it has not. */
  #pause = 0;
  /** How many operations of the current pause are left. */
  #pauseLeft = 0;

  /** Starts an operation, now or at the end of this turn. */
  enter(entry: PoolEntry): void {
    this.enterNow();
    if (this.#inFlight <= this.#many) entry.start();
    else if (this.#batch.push(entry) === 1) runOutside(this.#startBatchLater);
  }

  /** Counts an operation that its caller starts at once. */
  enterNow(): void {
    if (++this.#inFlight <= this.#few) this.#spin();
  }

  /** Counts an operation that has ended. */
  leave(): void {
    this.#inFlight--;
    if (this.#spinning) this.#pause = 0;
  }

  readonly #startBatchLater = (): void => void setImmediate(this.#startBatch);

  readonly #startBatch = (): void => {
    const batch = this.#batch;
    this.#batch = [];
    for (const entry of batch) entry.start();
  };

  #spin(): void {
    this.#turnsLeft = PATIENCE;
    if (this.#spinning) return;
    if (this.#pauseLeft > 0) {
      this.#pauseLeft--;
      return;
    }
    this.#spinning = true;
    runOutside(this.#turnLater);
  }

  readonly #turnLater = (): void => void setImmediate(this.#turn);

  readonly #turn = (): void => {
    const few = this.#inFlight > 0 && this.#inFlight <= this.#few;
    if (few && --this.#turnsLeft > 0) {
      this.#turnLater();
      return;
    }
    this.#spinning = false;
    if (!few) return;
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2 + 1);
    this.#pauseLeft = this.#pause;
  };
}

/** One for each thread of JavaScript, as there is one event loop. */
export const poolLoop: PoolLoop = new PoolLoop();
