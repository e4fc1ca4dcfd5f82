import { rejectIfCancelled, suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import type { CapacityLimiter } from '@tercet/sync';
import { settle } from './settle.ts';
import { poolLimiter } from './pool-limiter.ts';
import type { ThreadPoolOptions } from './pool-limiter.ts';
import { poolLoop } from './pool-loop.ts';
import type { PoolEntry } from './pool-loop.ts';

/** A callback of node:fs. */
export type Done<T> = (error: Error | null | undefined, value?: T) => void;

/** The view that an operation of several steps has of its cancellation. */
export interface PoolJob {
  /** True once the scope has been cancelled: start nothing more that would have to be undone. */
  readonly cancelled: boolean;
  /** Ends the operation with `Cancelled`, in place of calling back. Only when `cancelled`. */
  raise(): void;
}

/**
 * Runs an operation in Node's thread pool. All operations take this way, or `finishInPool`.
 *
 * A checkpoint before the operation starts. Then it waits for a token of the limiter, and can still be cancelled. Once started,
 * an operation cannot be taken out of the pool, so it is never abandoned: a cancelled call waits for its end. If it succeeds,
 * so does the call, and the next checkpoint throws `Cancelled`; but see {@link inPoolUndoable}.
 *
 * The callback does little more than hand over the result. Threads that find no work fall asleep, and waking them costs more
 * than a small operation itself (benchmark `fs`, stat). So there is no async function around the wait, and few closures.
 *
 * @param attempted what is being done, for the task tree and for errors, such as `read /etc/hosts`.
 * @param start starts an operation, or a chain of them, that calls `done` once at its end, from a callback.
 */
export function inPool<T>(attempted: string, start: (done: Done<T>) => void, options?: ThreadPoolOptions): Promise<T> {
  const cancelled = rejectIfCancelled(attempted);
  if (cancelled !== undefined) return cancelled;
  return new PoolOperation<T>(attempted, start, poolLimiter(options)).run();
}

/**
 * `inPool` for an operation with a result that must be released, such as a new descriptor. When it ends and `job.cancelled`
 * is true, it undoes its work (closes the descriptor) and calls `job.raise()`.
 */
export function inPoolUndoable<T>(
  attempted: string,
  start: (done: Done<T>, job: PoolJob) => void,
  options?: ThreadPoolOptions,
): Promise<T> {
  const cancelled = rejectIfCancelled(attempted);
  if (cancelled !== undefined) return cancelled;
  return new UndoableOperation<T>(attempted, start, poolLimiter(options)).run();
}

type Abort = (raiseCancel: () => never) => 'failed';
const ignoreCancel: Abort = () => 'failed';

// All operations share one arm function, to save a closure for each. It finds its operation in this variable, which is set
// just before the call.
let beginning: PoolOperation<never>;
const begin = (waker: Waker<never>): Abort => beginning.begin(waker);

/** An operation on its way through the pool. It is the holder of its token. */
class PoolOperation<T> implements PoolEntry {
  readonly attempted: string;
  protected readonly work: (done: Done<T>, job: PoolJob) => void;
  readonly #limiter: CapacityLimiter;
  #waker: Waker<T> | undefined = undefined;

  constructor(attempted: string, work: (done: Done<T>, job: PoolJob) => void, limiter: CapacityLimiter) {
    this.attempted = attempted;
    this.work = work;
    this.#limiter = limiter;
  }

  run(): Promise<T> {
    const limiter = this.#limiter;
    if (limiter.availableTokens <= 0) return this.#queue();
    limiter.acquireOnBehalfOfNowait(this);
    return this.#suspend();
  }

  async #queue(): Promise<T> {
    await this.#limiter.acquireOnBehalfOf(this);
    // The operation may have got the token in the same turn in which its scope was cancelled.
    const cancelled = rejectIfCancelled(this.attempted);
    if (cancelled === undefined) return this.#suspend();
    this.#limiter.releaseOnBehalfOf(this);
    return cancelled;
  }

  #suspend(): Promise<T> {
    beginning = this as unknown as PoolOperation<never>;
    return suspend<T>(this.attempted, begin as unknown as (waker: Waker<T>) => Abort);
  }

  begin(waker: Waker<T>): Abort {
    this.#waker = waker;
    poolLoop.enter(this);
    return this.abort;
  }

  start(): void {
    try {
      this.work(this.done, NO_JOB);
    } catch (error) {
      this.done(error as Error);
    }
  }

  protected readonly done: Done<T> = (error, value) => {
    poolLoop.leave();
    this.#limiter.releaseOnBehalfOf(this);
    settle(this.#waker as Waker<T>, this.attempted, error, value);
  };

  protected get abort(): Abort {
    return ignoreCancel;
  }
}

const NO_JOB: PoolJob = { cancelled: false, raise: () => undefined };

class UndoableOperation<T> extends PoolOperation<T> {
  readonly #job = new UndoableJob(this.done as Done<never>);

  override start(): void {
    // Cancelled before it has started: there is nothing to undo.
    if (this.#job.cancelled) return this.#job.raise();
    try {
      this.work(this.done, this.#job);
    } catch (error) {
      this.done(error as Error);
    }
  }

  protected override get abort(): Abort {
    return (raiseCancel) => this.#job.cancel(raiseCancel);
  }
}

class UndoableJob implements PoolJob {
  cancelled = false;
  readonly #done: Done<never>;
  #raiseCancel: (() => never) | undefined = undefined;

  constructor(done: Done<never>) {
    this.#done = done;
  }

  cancel(raiseCancel: () => never): 'failed' {
    this.cancelled = true;
    this.#raiseCancel = raiseCancel;
    return 'failed';
  }

  raise(): void {
    try {
      this.#raiseCancel?.();
    } catch (error) {
      this.#done(error as Error);
    }
  }
}
