import { runOutside } from '@tercet/core/lowlevel';
import type { PooledWorker } from './pooled-worker.ts';

/** The longest delay that a timer can take. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** Workers that have nothing to do: the last one in is the first one out, and those that stay too long are let go. */
export class IdleWorkers {
  readonly #workers: PooledWorker[] = [];
  readonly #timeout: number;
  readonly #letGo: (worker: PooledWorker) => boolean;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  /**
   * @param timeout milliseconds.
   * @param letGo lets a worker leave, unless it has to be kept.
   */
  constructor(timeout: number, letGo: (worker: PooledWorker) => boolean) {
    this.#timeout = timeout;
    this.#letGo = letGo;
  }

  add(worker: PooledWorker): void {
    worker.idleSince = performance.now();
    this.#workers.push(worker);
  }

  take(): PooledWorker | undefined {
    return this.#workers.pop();
  }

  remove(worker: PooledWorker): void {
    const index = this.#workers.lastIndexOf(worker);
    if (index >= 0) this.#workers.splice(index, 1);
  }

  /** Looks when the first of them has been idle for too long. */
  watch(): void {
    if (this.#timeout === Infinity || this.#timer !== undefined || this.#workers.length === 0) return;
    if (this.#timeout === 0) {
      this.#look();
      return;
    }
    const left = this.#workers[0]!.idleSince + this.#timeout - performance.now();
    // One timer for all: it is not moved when a worker is taken, but looks again.
    this.#timer = runOutside(() => setTimeout(this.#onTimer, Math.min(Math.max(left, 1), LONGEST_DELAY)));
    this.#timer.unref();
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#look();
    this.watch();
  };

  #look(): void {
    const now = performance.now();
    for (const worker of [...this.#workers]) {
      if (worker.idleSince + this.#timeout > now) return;
      // One that has to be kept begins anew.
      if (!this.#letGo(worker)) worker.idleSince = now;
    }
  }
}
