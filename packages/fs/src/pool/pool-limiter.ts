import { RunVar } from '@tercet/core/lowlevel';
import { CapacityLimiter } from '@tercet/sync';
import { threadCount } from './thread-count.ts';

/**
 * The options of every operation in the thread pool.
 *
 * @example
 * // This scan takes two places of the thread pool at most, and leaves the others to the rest of the program.
 * const options: ThreadPoolOptions = { limiter: new CapacityLimiter(2) };
 * await using folder = await Path.temporary();
 * await mapConcurrent(['a', 'b', 'c'], (name) => folder.path.join(name).exists(options));
 */
export interface ThreadPoolOptions {
  /** Limits how many operations are in flight. By default all share {@link defaultPoolLimiter}. */
  readonly limiter?: CapacityLimiter;
}

/**
 * The number of operations per thread of the pool. One per thread would be best for the pool's other users. But a thread
 * that runs out of work has to be woken for the next operation, which adds half to the cost of a small one.
 */
const PER_THREAD = 8;

const limiterOfRun = new RunVar<CapacityLimiter | undefined>('limiter of file operations', { default: undefined });

/**
 * The limiter that all file operations of the run share, unless they are given another one. It protects the other users of
 * Node's thread pool, such as name lookups, compression and cryptography: they wait for at most this many operations, however
 * many tasks use files. Its number of tokens may be changed.
 *
 * @throws {StateError} outside of a run.
 * @example
 * console.log(defaultPoolLimiter().statistics());
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
