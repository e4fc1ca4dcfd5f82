import { rejectIfCancelled, suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import type { CapacityLimiter } from '@tercet/sync';
import { settle } from './settle.ts';
import { poolLimiter } from './pool-limiter.ts';
import type { ThreadPoolOptions } from './pool-limiter.ts';
import { poolLoop } from './pool-loop.ts';
import type { PoolEntry } from './pool-loop.ts';

/** Node's callback. */
export type Done<T> = (error: Error | null | undefined, value?: T) => void;

/** What an operation of several steps sees between them. */
export interface PoolJob {
  /** The scope has been cancelled meanwhile: nothing is begun any more that would have to be undone. */
  readonly cancelled: boolean;
  /** Ends the operation with `Cancelled`; only when `cancelled`, and instead of calling back. */
  raise(): void;
}

/**
 * The one way into Node's thread pool.
 *
 * A checkpoint before the operation starts; then it waits for one of the limiter's tokens, still cancellable. Once
 * started nothing can take an operation out of the pool again, so it is never abandoned: a cancel waits for its end. A
 * success stays a success then, and `Cancelled` comes at the next checkpoint; but see {@link inPoolUndoable}.
 *
 * The callback only hands over the result. Little may happen on the way: threads that find no work fall asleep, and to
 * wake them costs more than a small operation itself (benchmark `fs`, stat). So no async function stands around the wait,
 * and closures are few.
 *
 * @param attempted what is being done, for the task tree and for errors: `read /etc/hosts`.
 * @param start starts an operation, or a chain of them, and lets `done` be called once at its end, from a callback.
 */
export function inPool<T>(attempted: string, start: (done: Done<T>) => void, options?: ThreadPoolOptions): Promise<T> {
  const cancelled = rejectIfCancelled(attempted);
  if (cancelled !== undefined) return cancelled;
  return new PoolOperation<T>(attempted, start, poolLimiter(options)).run();
}

/**
 * `inPool` for what must not stay when it has been cancelled: at its end the operation sees that it has been, undoes what
 * it has done (closes what it has opened), and calls `job.raise()`.
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
const carriedThrough: Abort = () => 'failed';

// The arm function of all operations is one: it finds its own in a variable that is read at once.
let beginning: PoolOperation<never>;
const begin = (waker: Waker<never>): Abort => beginning.begin(waker);

/** One operation on its way through the pool; it holds the token itself. */
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
    // The token may have been handed over in the same turn in which the scope was cancelled.
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
    return carriedThrough;
  }
}

const NO_JOB: PoolJob = { cancelled: false, raise: () => undefined };

class UndoableOperation<T> extends PoolOperation<T> {
  readonly #job = new UndoableJob(this.done as Done<never>);

  override start(): void {
    // Cancelled before it was handed over: there is nothing to undo.
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
