import type { ReceiveChannel } from '@tercet/sync';

/**
 * A function by its name, as executors take it. Only its type is seen here: `remote()` of `@tercet/parallel` makes one, and
 * so does any other {@link Executor}.
 *
 * @example
 * const zlib = remote<typeof import('node:zlib')>('node:zlib');
 * const pack: RemoteFunction<[string], Buffer> = zlib.deflateSync;
 * await openWorkers({ max: 1 }, (workers) => pipeline(['aaa'], map(pack, { executor: workers })).toArray());
 */
export type RemoteFunction<A extends readonly unknown[], R> = {
  readonly name?: string;
} & ((...args: A) => R | Promise<Awaited<R>>);

/**
 * Somewhere else to call functions: threads, processes, other machines.
 *
 * @example
 * // Calls everything in this thread, as a test may want it.
 * const here: Executor = {
 *   async run(fn, ...args) {
 *     return await fn(...args);
 *   },
 *   stream: () => Promise.reject(new Error('there are no generator functions in this test')),
 * };
 * await pipeline([1, 2], map((n: number) => n * 2, { executor: here })).toArray(); // [2, 4]
 */
export interface Executor {
  /** Calls a function, and gives what it returns. Cancelled, it ends the call, however that has to be done. */
  run<A extends unknown[], R>(fn: RemoteFunction<A, R>, ...args: A): Promise<Awaited<R>>;
  /** Calls a generator function, and gives its items to `body`; the call has ended when this returns. */
  stream<A extends unknown[], T, U>(
    fn: RemoteFunction<A, AsyncIterable<T> | Iterable<T>>,
    args: A,
    body: (items: ReceiveChannel<T>) => U | PromiseLike<U>,
  ): Promise<U>;
  /** The same workers with other options for calls: how many items of a stream may be under way. */
  with?(options: { readonly window?: number }): Executor;
}
