import { RunVar } from '@tercet/core/lowlevel';
import { CapacityLimiter } from '@tercet/sync';

/** For each operation in the thread pool. */
export interface PoolOptions {
  /** Bounds how many operations are in flight, in place of the run's own limiter. */
  readonly limiter?: CapacityLimiter;
}

const limiterOfRun = new RunVar<CapacityLimiter | undefined>('limiter of file operations', { default: undefined });

/**
 * The limiter of the run, which all operations on files share that are given none of their own. Its number of tokens may
 * be changed: by default it leaves one of the pool's threads to other users, such as name lookups, compression and
 * cryptography, however many tasks use files.
 *
 * @throws {StateError} outside of a run.
 */
export function defaultPoolLimiter(): CapacityLimiter {
  let limiter = limiterOfRun.get();
  if (limiter === undefined) {
    limiter = new CapacityLimiter(Math.max(1, threads() - 1));
    limiterOfRun.set(limiter);
  }
  return limiter;
}

/** The limiter of one operation. */
export function poolLimiter(options: PoolOptions | undefined): CapacityLimiter {
  return options?.limiter ?? defaultPoolLimiter();
}

/** How many threads Node's pool has. */
function threads(): number {
  const configured = Number.parseInt(process.env['UV_THREADPOOL_SIZE'] ?? '', 10);
  return configured > 0 ? configured : 4;
}
