import type { Duration } from '@tercet/core';
import type { CapacityLimiter, ReceiveChannel } from '@tercet/sync';
import type { RemoteFunction } from '../naming/remote-function.ts';
import type { OnCancel } from '../pool/call.ts';
import type { ExecutorStatistics } from '../pool/pool-statistics.ts';

/**
 * How calls are made.
 *
 * @example
 * const crypto = remote<typeof import('node:crypto')>('node:crypto');
 * const options: CallOptions = { onCancel: 'kill', priority: 1, retryBroken: 2 };
 * await openWorkers({ max: 1 }, (workers) => workers.with(options).run(crypto.scryptSync, 'password', 'salt', 16));
 */
export interface CallOptions {
  /**
   * Decides about a running job whose caller is cancelled. `'ask'`, the default: its scope is cancelled, and its worker is
   * killed when it has not ended after the grace. `'kill'`: its worker is killed at once. `'wait'`: nothing; the caller waits.
   */
  readonly onCancel?: OnCancel;
  /** How long a job that is asked to end may take: milliseconds, or `{ seconds: 5 }`; by default what the workers have. */
  readonly grace?: Duration;
  /** Each call holds one of its tokens, from before it is sent until it has ended. */
  readonly limiter?: CapacityLimiter;
  /** Calls of a higher priority are sent first; by default 0. */
  readonly priority?: number;
  /**
   * How often a call is repeated whose worker was lost; by default never. A job that throws is never repeated. Nor is a call of
   * which a part was lost with the worker: memory that was moved to a thread, items that a generator has yielded, or items of an
   * async iterable argument that the job has asked for.
   */
  readonly retryBroken?: number;
  /** Is called with what the job reports: in the context of the caller, the latest report only when they come too fast. */
  readonly onProgress?: (value: unknown) => void;
  /** The maximum number of stream items that the caller has not taken yet; by default 256. */
  readonly window?: number;
}

/**
 * For `Executor.map`.
 *
 * @example
 * const zlib = remote<typeof import('node:zlib')>('node:zlib');
 * const options: MapOptions = { concurrency: 4, ordered: false, chunk: 100 };
 * await openWorkers({ max: 2 }, (workers) => workers.map(zlib.deflateSync, ['aaa', 'bbb'], options));
 */
export interface MapOptions {
  /** The maximum number of items in work at a time; by default enough for two calls, of `chunk` items each, per worker. */
  readonly concurrency?: number;
  /** Whether results are in the order of the items; by default they are. Otherwise they are in the order in which they came. */
  readonly ordered?: boolean;
  /** The number of items that are sent together, for jobs that take almost no time; by default one. */
  readonly chunk?: number;
}

/** Calls functions somewhere else: in threads or processes, or on other machines. */
export interface Executor {
  /**
   * Calls a function in a worker. An operation of the calling task: a checkpoint; the caller goes on when the job has ended.
   *
   * @returns what the function returns.
   * @throws what the function throws, with the stack of the worker and the place of the call.
   * @throws {Cancelled} when the surrounding scope is cancelled, and the job has ended; a result that was under way is kept.
   * @throws {BrokenWorkerError} when the worker was lost.
   * @throws {TypeError} when an argument or the result cannot be cloned, or `fn` was not made by `remote`.
   * @throws {ClosedResourceError} when the executor has been closed.
   * @example
   * const hash = await workers.run(jobs.hashFile, path);
   */
  run<A extends unknown[], R>(fn: RemoteFunction<A, R>, ...args: A): Promise<Awaited<R>>;
  /**
   * Calls a generator function in a worker, and gives its items to `body` as they come; at most `window` are under way. When
   * `body` ends, the generator is cancelled and its `finally` blocks run, before this returns.
   *
   * @returns what `body` returns.
   * @throws {ExceptionGroup} with what `body` or the generator throws; the latter comes out of the channel, after the items.
   * @example
   * await workers.stream(jobs.rows, [file], async (rows) => { for await (const row of rows) insert(row); });
   */
  stream<A extends unknown[], T, U>(
    fn: RemoteFunction<A, AsyncIterable<T> | Iterable<T>>,
    args: A,
    body: (items: ReceiveChannel<T>) => U | PromiseLike<U>,
  ): Promise<U>;
  /**
   * Calls a function for each item, several at a time.
   *
   * @returns the results, in the order of the items.
   * @throws {ExceptionGroup} when one fails: the others are cancelled.
   * @example
   * const sizes = await workers.map(jobs.sizeOf, files, { concurrency: 4 });
   */
  map<I, R>(
    fn: RemoteFunction<[I], R>,
    items: Iterable<I> | AsyncIterable<I>,
    options?: MapOptions,
  ): Promise<Awaited<R>[]>;
  /** The same workers, called with other options; free. */
  with(options: CallOptions): Executor;
  /** Numbers about its state at this moment. */
  statistics(): ExecutorStatistics;
}
