import type { CapacityLimiter } from '@tercet/sync';

/** A place for a job in each of several limiters. */
export class Places {
  readonly #limiters: readonly CapacityLimiter[];
  /** The limiters in which this has a token. */
  #held: CapacityLimiter[] = [];

  constructor(limiters: readonly CapacityLimiter[]) {
    this.#limiters = limiters;
  }

  /** Waits for all of them, in their order. */
  async take(): Promise<void> {
    for (const limiter of this.#limiters) {
      await limiter.acquireOnBehalfOf(this);
      this.#held.push(limiter);
    }
  }

  /** Gives back those that were taken. */
  leave(): void {
    for (const limiter of this.#held.splice(0).reverse()) limiter.releaseOnBehalfOf(this);
  }
}
