import { RunVar, WaitQueue } from '@tercet/core/lowlevel';

/** What bounds the operations in flight: a `CapacityLimiter` of `@tercet/sync`. */
export interface Limiter {
  readonly availableTokens: number;
  acquireOnBehalfOf(borrower: object): Promise<unknown>;
  acquireOnBehalfOfNowait(borrower: object): unknown;
  releaseOnBehalfOf(borrower: object): void;
}

/** For each operation in the thread pool. */
export interface PoolOptions {
  /** Bounds how many operations are in flight, in place of the run's own limiter. */
  readonly limiter?: Limiter;
}

class SimpleLimiter implements Limiter {
  availableTokens: number;
  readonly #queue = new WaitQueue<void>('a free thread of the pool');

  constructor(total: number) {
    this.availableTokens = total;
  }

  acquireOnBehalfOf(): Promise<void> {
    return this.#queue.wait(undefined);
  }

  acquireOnBehalfOfNowait(): void {
    this.availableTokens--;
  }

  releaseOnBehalfOf(): void {
    if (!this.#queue.wakeFirst()) this.availableTokens++;
  }
}

const defaultLimiter = new RunVar<Limiter | undefined>('limiter of file operations', { default: undefined });

/** The limiter of the run, which all operations share that are given none of their own. */
export function defaultPoolLimiter(): Limiter {
  let limiter = defaultLimiter.get();
  if (limiter === undefined) {
    limiter = new SimpleLimiter(defaultTokens());
    defaultLimiter.set(limiter);
  }
  return limiter;
}

export function poolLimiter(options: PoolOptions | undefined): Limiter {
  return options?.limiter ?? defaultPoolLimiter();
}

// One thread always stays free for the other users of the pool: name lookups, compression, cryptography.
function defaultTokens(): number {
  const threads = Math.trunc(Number(process.env['UV_THREADPOOL_SIZE'] ?? 4)) || 4;
  return Math.max(1, threads - 1);
}
