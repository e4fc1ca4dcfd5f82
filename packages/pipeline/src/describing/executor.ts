import type { ReceiveChannel } from '@tercet/sync';

/**
 * A function by its name, as executors take it. Only its type is seen here: `remote()` of `@tercet/parallel` makes one, and
 * so does any other {@link Executor}.
 */
export type RemoteFunction<A extends readonly unknown[], R> = {
  readonly name?: string;
} & ((...args: A) => R | Promise<Awaited<R>>);

/** Somewhere else to call functions: threads, processes, other machines. */
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
