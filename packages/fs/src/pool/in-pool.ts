import { rejectIfCancelled, suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import type { CapacityLimiter } from '@tercet/sync';
import { hand } from './hand.ts';
import { poolLimiter } from './pool-limiter.ts';
import type { PoolOptions } from './pool-limiter.ts';

/** Node's callback. */
export type Done<T> = (error: Error | null | undefined, value?: T) => void;

/** What an operation of several steps sees between them. */
export interface PoolJob {
  /** The scope has been cancelled meanwhile: nothing is begun any more that would have to be undone. */
  readonly cancelled: boolean;
  /** Ends the operation with `Cancelled`; only when `cancelled`, and instead of calling back. */
  raise(): void;
}

/** Starts an operation, or a chain of them, and lets `done` be called once at its end, from a callback. */
export type Start<T> = (done: Done<T>, job: PoolJob) => void;

/**
 * The one way into Node's thread pool.
 *
 * A checkpoint before the operation starts; then it waits for one of the limiter's tokens, still cancellable. Once
 * started nothing can take an operation out of the pool again, so it is never abandoned: a cancel waits for its end. A
 * success stays a success then, and `Cancelled` comes at the next checkpoint, unless the operation sees that it has been
 * cancelled, undoes what it has done (closes what it has opened) and calls `job.raise()`.
 *
 * The callback only hands over the result. What it goes through on the way counts: with an async function around the wait
 * sixteen small operations at a time took an eighth longer (benchmark `fs`, stat).
 *
 * @param attempted what is being done, for the task tree and for errors: `read /etc/hosts`.
 */
export function inPool<T>(attempted: string, start: Start<T>, options?: PoolOptions): Promise<T> {
  const cancelled = rejectIfCancelled(attempted);
  if (cancelled !== undefined) return cancelled;
  const limiter = poolLimiter(options);
  const operation = new PoolOperation<T>(attempted, limiter, start);
  if (limiter.availableTokens <= 0) return whenItsTurnComes(operation, attempted, limiter);
  limiter.acquireOnBehalfOfNowait(operation);
  return suspend<T>(attempted, operation.arm);
}

async function whenItsTurnComes<T>(
  operation: PoolOperation<T>,
  attempted: string,
  limiter: CapacityLimiter,
): Promise<T> {
  await limiter.acquireOnBehalfOf(operation);
  // The token may have been handed over in the same turn in which the scope was cancelled.
  const cancelled = rejectIfCancelled(attempted);
  if (cancelled === undefined) return suspend<T>(attempted, operation.arm);
  limiter.releaseOnBehalfOf(operation);
  return cancelled;
}

/** One operation on its way through the pool; it holds the token itself. */
class PoolOperation<T> implements PoolJob {
  cancelled = false;
  readonly #attempted: string;
  readonly #limiter: CapacityLimiter;
  readonly #start: Start<T>;
  #waker: Waker<T> | undefined = undefined;
  #raiseCancel: (() => never) | undefined = undefined;

  constructor(attempted: string, limiter: CapacityLimiter, start: Start<T>) {
    this.#attempted = attempted;
    this.#limiter = limiter;
    this.#start = start;
  }

  readonly arm = (waker: Waker<T>): ((raiseCancel: () => never) => 'failed') => {
    this.#waker = waker;
    try {
      this.#start(this.#done, this);
    } catch (error) {
      this.#limiter.releaseOnBehalfOf(this);
      throw error;
    }
    return this.#abort;
  };

  readonly #done: Done<T> = (error, value) => {
    this.#limiter.releaseOnBehalfOf(this);
    hand(this.#waker as Waker<T>, this.#attempted, error, value);
  };

  readonly #abort = (raiseCancel: () => never): 'failed' => {
    this.cancelled = true;
    this.#raiseCancel = raiseCancel;
    return 'failed';
  };

  raise(): void {
    try {
      this.#raiseCancel?.();
    } catch (error) {
      this.#done(error as Error);
    }
  }
}
