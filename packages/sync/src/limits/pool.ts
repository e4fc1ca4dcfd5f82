import { ClosedResourceError, ExceptionGroup, shielded } from '@tercet/core';
import type { Duration } from '@tercet/core';
import { currentCaller, inspectAs, rejected, toMilliseconds, WaitQueue } from '@tercet/core/lowlevel';
import type { Caller } from '@tercet/core/lowlevel';
import { requireCount } from '../arguments/require-count.ts';
import { requireFunction } from '../arguments/require-function.ts';
import { IdleResources } from './idle-resources.ts';

/**
 * How a {@link Pool} is made.
 *
 * @example
 * interface Connection {
 *   isAlive: boolean;
 * }
 * const options: PoolOptions<Connection> = {
 *   open: async () => ({ isAlive: true }),
 *   close: (connection) => void (connection.isAlive = false),
 *   validate: (connection) => connection.isAlive,
 *   max: 10,
 *   idle: { minutes: 1 },
 * };
 * await using pool = new Pool(options);
 * await pool.use((connection) => sleep(1));
 */
export interface PoolOptions<T> {
  /** Opens a resource. It runs in the task that needs it, and its error is that task's. */
  readonly open: () => T | PromiseLike<T>;
  /** Closes a resource. It runs behind a shield, so no cancellation ends it. */
  readonly close: (resource: T) => unknown;
  /** How many resources there are at most. */
  readonly max: number;
  /** How many stay open however long they are idle; 0 by default. */
  readonly min?: number;
  /** How long a resource may be idle before it is closed: milliseconds, or `{ minutes: 1 }`; for ever by default. */
  readonly idle?: Duration;
  /** Whether a resource that has been idle still works; one that does not is closed, and replaced. */
  readonly validate?: (resource: T) => boolean | PromiseLike<boolean>;
}

/**
 * The result of `Pool.statistics`.
 *
 * @example
 * await using pool = new Pool({ open: async () => ({}), close: () => undefined, max: 10 });
 * await pool.use(async () => {
 *   const { inUse, idle, tasksWaiting }: PoolStatistics = pool.statistics(); // 1, 0, 0
 * });
 */
export interface PoolStatistics {
  /** How many resources are being used, opened, or checked. */
  readonly inUse: number;
  /** How many are open and unused. */
  readonly idle: number;
  /** How many tasks wait for one. */
  readonly tasksWaiting: number;
}

/**
 * Resources that are expensive to open, and are used by one task at a time: connections to a database, for instance.
 *
 * The resource that came back last is used first, so that those that are not needed become old and are closed. Tasks are
 * served in the order in which they came.
 *
 * Close the pool when it is not needed any more. One that lives longer than a run, or is used in several, is allowed: at the end
 * of each run the resources are closed that were last used there.
 *
 * @example
 * await using pool = new Pool({ open: () => connect(url), close: (connection) => connection.end(), max: 10 });
 * const rows = await pool.use((connection) => connection.query('select 1'));
 */
export class Pool<T> implements AsyncDisposable {
  static {
    inspectAs(this, (pool) => {
      const { inUse, idle, tasksWaiting } = pool.statistics();
      return `Pool ${pool.#closed ? 'closed' : 'open'}, ${inUse} in use, ${idle} idle, ${tasksWaiting} waiting`;
    });
  }

  readonly #options: PoolOptions<T>;
  readonly #max: number;
  readonly #idle: IdleResources<T>;
  /** The number of calls of `use` that have a place, and have not ended. With the idle resources, never more than `#max`. */
  #inUse = 0;
  /** Tasks that wait for a place. There are some only while all places are taken. A task that is woken has a place. */
  readonly #waiting = new WaitQueue<void>('a resource of a pool');
  /** Tasks in `close` that wait for the last place to become free. */
  readonly #closing = new WaitQueue<void>('the end of the use of a pool');
  /** The last error of closing a resource in the background. `close` throws it, since no other call could. */
  #failure: { readonly error: unknown } | undefined = undefined;
  #closed = false;

  /**
   * Opens nothing yet.
   *
   * @throws {TypeError} when `open` or `close` is not a function, or a number is not a whole number.
   * @throws {RangeError} when `max` is smaller than 1, or `min` negative or greater than `max`.
   */
  constructor(options: PoolOptions<T>) {
    requireFunction(options.open, 'Pool: open must be a function');
    requireFunction(options.close, 'Pool: close must be a function');
    this.#options = options;
    this.#max = requireCount(options.max, 'Pool: max');
    const min = requireCount(options.min ?? 0, 'Pool: min');
    if (this.#max < 1) throw new RangeError('Pool: max must be at least 1');
    if (min > this.#max) throw new RangeError('Pool: min must not be greater than max');
    this.#idle = new IdleResources({
      longest: toMilliseconds(options.idle ?? Infinity, 'Pool: idle'),
      mayClose: () => this.#idle.length + this.#inUse > min,
      close: (resource) => this.#closeAside(resource),
    });
  }

  /**
   * Calls `body` with a resource that no other task uses meanwhile: one that is idle, or a new one, or the next one that comes
   * back. Afterwards the resource goes back to the pool, also when `body` has failed.
   *
   * A checkpoint.
   *
   * @returns the result of `body`.
   * @throws the error of `body`, and an error of opening or checking a resource. An error of closing an idle resource is
   * thrown by `close`.
   * @throws {ClosedResourceError} when the pool is closed, or gets closed while this waits.
   * @throws {Cancelled} when the surrounding scope is cancelled. @throws {StateError} outside of a run.
   */
  use<R>(body: (resource: T) => R | PromiseLike<R>): Promise<R> {
    const caller = currentCaller();
    const refused = caller.refuse('use()');
    if (refused !== undefined) return refused;
    if (typeof body !== 'function') return rejected(new TypeError('use() takes a function: use((it) => work(it))'));
    if (this.#closed) return rejected(closedError());
    return this.#use(body, caller);
  }

  /**
   * Closes the pool: tasks that wait get a `ClosedResourceError`, idle resources are closed at once, and those in use when
   * they come back. This waits until then. Closing it again waits, too.
   *
   * A checkpoint, when something is still in use.
   *
   * @throws the error of closing a resource; the others are closed all the same.
   * @throws {Cancelled} when the surrounding scope is cancelled; then resources in use are closed when they come back.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.failAll(closedError);
    this.#idle.dismissKeepers();
    await this.#closeAll(this.#idle.takeAll());
    if (this.#inUse > 0) await this.#closing.wait(undefined);
  }

  /** Closes the pool, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Numbers about its state at this moment. */
  statistics(): PoolStatistics {
    return { inUse: this.#inUse, idle: this.#idle.length, tasksWaiting: this.#waiting.length };
  }

  async #use<R>(body: (resource: T) => R | PromiseLike<R>, caller: Caller): Promise<R> {
    if (this.#inUse < this.#max) {
      this.#inUse++;
      await caller.ready(undefined);
    } else await this.#waiting.wait(undefined, caller);
    try {
      // It may have been closed in the step in which this task got its place.
      if (this.#closed) throw closedError();
      return await this.#useOne(await this.#take(), body);
    } finally {
      this.#leavePlace();
    }
  }

  async #useOne<R>(resource: T, body: (resource: T) => R | PromiseLike<R>): Promise<R> {
    let value: R;
    try {
      value = await body(resource);
    } catch (error) {
      await joined(error, () => this.#giveBack(resource));
      throw error;
    }
    await this.#giveBack(resource);
    return value;
  }

  async #take(): Promise<T> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (await this.#isValid(idle.resource)) return idle.resource;
      await this.#closeAside(idle.resource);
    }
    return await this.#options.open();
  }

  async #isValid(resource: T): Promise<boolean> {
    const { validate } = this.#options;
    if (validate === undefined) return true;
    try {
      return await validate(resource);
    } catch (error) {
      // It is not in the pool any more, so no other task would close it.
      await joined(error, () => this.#closeOne(resource));
      throw error;
    }
  }

  async #giveBack(resource: T): Promise<void> {
    if (this.#closed) return await this.#closeOne(resource);
    if (!this.#idle.keep(resource)) await this.#closeOne(resource);
  }

  /** A call has ended: its place goes to the task that has waited longest. */
  #leavePlace(): void {
    if (this.#waiting.wakeFirst()) return;
    this.#inUse--;
    if (this.#inUse === 0) this.#closing.wakeAll();
  }

  async #closeOne(resource: T): Promise<void> {
    await shielded(() => this.#options.close(resource));
  }

  /** Closes one whose failure is not the failure of what goes on meanwhile. */
  async #closeAside(resource: T): Promise<void> {
    try {
      await this.#closeOne(resource);
      // oxlint-disable-next-line @tercet/no-swallowed-cancel -- closing is behind a shield, so this is never a Cancelled of ours
    } catch (error) {
      this.#failure = { error };
    }
  }

  async #closeAll(resources: readonly T[]): Promise<void> {
    const errors: unknown[] = this.#failure === undefined ? [] : [this.#failure.error];
    this.#failure = undefined;
    for (const resource of resources) {
      try {
        await this.#closeOne(resource);
        // oxlint-disable-next-line @tercet/no-swallowed-cancel -- closing is behind a shield, so this is never a Cancelled of ours
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new ExceptionGroup('close(): closing resources of a pool has failed', errors);
  }
}

/** Does what has to be done after an error. If that fails as well, both are thrown. */
async function joined(error: unknown, cleanUp: () => Promise<void>): Promise<void> {
  try {
    await cleanUp();
  } catch (another) {
    throw new ExceptionGroup('use(): closing the resource has failed as well', [error, another]);
  }
}

function closedError(): ClosedResourceError {
  return new ClosedResourceError('use(): the pool is closed');
}
