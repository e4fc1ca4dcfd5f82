import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers';
import { runOutside } from '@tercet/core/lowlevel';
import { threadCount } from './thread-count.ts';

/** So many times the loop turns, each about a microsecond or two, for operations of which none ends. */
const PATIENCE = 100;
/** After a vain wait so many operations at most are not waited for in this way. */
const LONGEST_PAUSE = 64;

/** One operation on its way into the pool. */
export interface PoolEntry {
  start(): void;
}

/**
 * Where the event loop and the pool's threads meet. What they do for a small file takes a microsecond or two; to wake a
 * thread that sleeps, or the loop, takes twenty to fifty, mostly in the kernel. So it is seen to it that they sleep less
 * (benchmark `fs`, stat and readText):
 *
 * - The loop stays awake for a moment while few operations are in the pool: it turns again and again, as a lock spins
 *   before it sleeps, and serves everything else meanwhile. That takes less of the processor's time than to sleep and be
 *   woken, as long as the operations are short; so when they turn out to be long ones, only one in many is waited for like
 *   that, until one is short again. And it needs a core of its own.
 * - Operations that would have to wait for a thread anyhow are handed over together, at the end of a turn: threads that
 *   get them one by one run dry in between.
 */
class PoolLoop {
  /** With more than this, no core is left for the loop to turn on. */
  readonly #few: number = availableParallelism() - 1;
  readonly #many: number = threadCount();
  #inFlight = 0;

  #gathered: PoolEntry[] = [];

  #turning = false;
  #turnsLeft = 0;
  /** So many operations are left alone after a vain wait, and of these so many are still to come. */
  #pause = 0;
  #pauseLeft = 0;

  /** Hands an operation to the pool, now or at the end of this turn. */
  enter(entry: PoolEntry): void {
    this.enterNow();
    if (this.#inFlight <= this.#many) entry.start();
    else if (this.#gathered.push(entry) === 1) runOutside(this.#handOverLater);
  }

  /** For one that is handed over at once, whatever is in the pool. */
  enterNow(): void {
    if (++this.#inFlight <= this.#few) this.#stayAwake();
  }

  /** An operation has come back. */
  leave(): void {
    this.#inFlight--;
    if (this.#turning) this.#pause = 0;
  }

  readonly #handOverLater = (): void => void setImmediate(this.#handOver);

  readonly #handOver = (): void => {
    const gathered = this.#gathered;
    this.#gathered = [];
    for (const entry of gathered) entry.start();
  };

  #stayAwake(): void {
    this.#turnsLeft = PATIENCE;
    if (this.#turning) return;
    if (this.#pauseLeft > 0) {
      this.#pauseLeft--;
      return;
    }
    this.#turning = true;
    runOutside(this.#turnLater);
  }

  readonly #turnLater = (): void => void setImmediate(this.#turn);

  readonly #turn = (): void => {
    const few = this.#inFlight > 0 && this.#inFlight <= this.#few;
    if (few && --this.#turnsLeft > 0) {
      this.#turnLater();
      return;
    }
    this.#turning = false;
    if (!few) return;
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2 + 1);
    this.#pauseLeft = this.#pause;
  };
}

/** There is one loop in each thread of JavaScript, whatever runs on it. */
export const poolLoop: PoolLoop = new PoolLoop();
