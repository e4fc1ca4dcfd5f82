import { RunVar } from '@tercet/core/lowlevel';
import { CapacityLimiter } from '@tercet/sync';
import { threadCount } from './thread-count.ts';

/** For each operation in the thread pool. */
export interface ThreadPoolOptions {
  /** Bounds how many operations are in flight, in place of the run's own limiter. */
  readonly limiter?: CapacityLimiter;
}

/**
 * So many operations for each thread of the pool. As many as there are threads would protect the others best, but a
 * thread that runs dry has to be woken for each operation, which costs a small one as much as half of all the rest.
 */
const PER_THREAD = 8;

const limiterOfRun = new RunVar<CapacityLimiter | undefined>('limiter of file operations', { default: undefined });

/**
 * The limiter of the run, which all operations on files share that are given none of their own. However many tasks use
 * files, the other users of Node's thread pool, such as name lookups, compression and cryptography, wait for no more than
 * these. Its number of tokens may be changed.
 *
 * @throws {StateError} outside of a run.
 */
export function defaultPoolLimiter(): CapacityLimiter {
  let limiter = limiterOfRun.get();
  if (limiter === undefined) {
    limiter = new CapacityLimiter(PER_THREAD * threadCount());
    limiterOfRun.set(limiter);
  }
  return limiter;
}

/** The limiter of one operation. */
export function poolLimiter(options: ThreadPoolOptions | undefined): CapacityLimiter {
  return options?.limiter ?? defaultPoolLimiter();
}
