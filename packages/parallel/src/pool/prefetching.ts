/** Microseconds of work that a worker has ahead. */
const AHEAD = 1000;
/** Microseconds that a job takes at least: with all that belongs to it. */
const LEAST = 4;
const REMEMBERED = 31;
/** Results between two looks. */
const PERIOD = 64;

/**
 * How many jobs are sent ahead of the one that a worker runs. More than one pays when they are so short that the way to the
 * worker and back counts; behind a long one they would only wait.
 */
export class Prefetching {
  /** The present number. */
  count: number;
  readonly #automatic: boolean;
  readonly #times = new Float64Array(REMEMBERED);
  #seen = 0;

  constructor(prefetch: number | 'auto') {
    this.#automatic = prefetch === 'auto';
    this.count = prefetch === 'auto' ? 0 : prefetch;
  }

  /** A job has taken that long. */
  took(microseconds: number): void {
    if (!this.#automatic) return;
    this.#times[this.#seen++ % REMEMBERED] = microseconds;
    if (this.#seen % PERIOD === 1) this.count = Math.floor(AHEAD / Math.max(this.#median(), LEAST));
  }

  #median(): number {
    const times = this.#times.slice(0, this.#seen).sort();
    return times[times.length >> 1] ?? AHEAD;
  }
}
