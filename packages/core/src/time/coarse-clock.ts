import { afterMicrotasks } from '../platform/platform.ts';
import type { Clock } from './clock.ts';

const UNKNOWN = -1;

/** Number of uses that make a cached instant worth its callback. */
const WORTHWHILE = 8;

/** Number of times that the clock is read without a cache, after a cache was not worthwhile, before it is tried again. */
const READS = 64;

/**
 * The time to the millisecond, for what is only shown: since when a task has been waiting.
 *
 * Reading the clock costs more than the rest of a wait. So an instant is cached until the microtasks of the moment have run
 * (benchmark `channel`). A callback ends the cache, and that costs more than a few reads. Operations that come one at a time,
 * as those of a network do, would pay for it each time, so the cache is only used where it pays (benchmark `net`).
 */
export class CoarseClock {
  readonly #clock: Clock;
  /** The cached instant; `UNKNOWN` when there is none. */
  #cached = UNKNOWN;
  /** How often the cached instant has been used. */
  #uses = 0;
  /** How often the clock is still to be read before the cache is tried; negative while it is in use. */
  #readsLeft = READS;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The present instant, as an integer, which takes no memory outside of the object that holds it. */
  get now(): number {
    if (this.#cached !== UNKNOWN) {
      this.#uses++;
      return this.#cached;
    }
    const now = Math.floor(this.#clock.now());
    if (--this.#readsLeft < 0) {
      this.#cached = now;
      this.#uses = 0;
      afterMicrotasks(this.#forget);
    }
    return now;
  }

  readonly #forget = (): void => {
    this.#cached = UNKNOWN;
    if (this.#uses < WORTHWHILE) this.#readsLeft = READS;
  };
}
