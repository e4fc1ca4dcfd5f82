import { availableParallelism } from 'node:os';
import { ClosedResourceError, isCancelled, named, openNursery } from '@tercet/core';
import { inspectAs, rejected, rejectIfCancelled } from '@tercet/core/lowlevel';
import type { ReceiveChannel } from '@tercet/sync';
import { referenceOf } from '../naming/remote-function.ts';
import type { Reference, RemoteFunction } from '../naming/remote-function.ts';
import { STILL_RUNS } from '../pool/call.ts';
import type { Call } from '../pool/call.ts';
import type { ExecutorStatistics } from '../pool/pool-statistics.ts';
import type { Pool } from '../pool/pool.ts';
import type { CallExtra } from '../protocol/messages.ts';
import { Companions, isAsyncIterable, withCompanions } from './call-beside.ts';
import { changeCallOptions, defaultCallOptions } from './call-settings.ts';
import type { CheckedCallOptions } from './call-settings.ts';
import type { CallOptions, Executor, MapOptions } from './executor.ts';
import { holding } from './holding.ts';
import { errorOf, prepareCall, waitForCall, waitForEnd } from './make-call.ts';
import { mapItems } from './map-items.ts';
import { StreamChannel } from './stream-channel.ts';

/** An executor whose workers are in a pool. */
export class PoolExecutor implements Executor {
  static {
    inspectAs(this, (executor) => {
      const { idle, running, queued } = executor.statistics();
      return `Executor, kind ${executor.#pool.options.kind}: ${running} running, ${idle} idle, ${queued} queued`;
    });
  }

  readonly #pool: Pool;
  readonly #options: CheckedCallOptions;

  constructor(pool: Pool, options: CheckedCallOptions = defaultCallOptions(pool.options.grace)) {
    this.#pool = pool;
    this.#options = options;
  }

  // Not async: the usual call has no promise and no closure that it does not need (benchmark `parallel`, 256 under way).
  run<A extends unknown[], R>(fn: RemoteFunction<A, R>, ...args: A): Promise<Awaited<R>> {
    let reference: Reference;
    try {
      reference = referenceOf(fn, 'run()');
    } catch (error) {
      return rejected(error);
    }
    return this.#perform('run()', reference, args) as Promise<Awaited<R>>;
  }

  #perform(operation: string, reference: Reference, args: unknown[], special?: CallExtra): Promise<unknown> {
    const refused = this.#refuse(operation);
    if (refused !== undefined) return refused;
    const { limiter } = this.#options;
    if (limiter === undefined) return this.#performNow(operation, reference, args, special);
    return holding(limiter, () => this.#refuse(operation) ?? this.#performNow(operation, reference, args, special));
  }

  #performNow(operation: string, reference: Reference, args: unknown[], special?: CallExtra): Promise<unknown> {
    return this.#options.onProgress === undefined && !args.some(isAsyncIterable)
      ? this.#send(operation, reference, args, special)
      : this.#sendWithCompanions(operation, reference, args, special);
  }

  #refuse(operation: string): Promise<never> | undefined {
    const refused = rejectIfCancelled(operation);
    if (refused !== undefined || !this.#pool.closed) return refused;
    return rejected(new ClosedResourceError(`${operation}: the workers have been closed; openWorkers() has been left`));
  }

  async #send(operation: string, reference: Reference, args: unknown[], special?: CallExtra): Promise<unknown> {
    const call = prepareCall(reference, args, this.#options, special);
    try {
      return await waitForCall(this.#pool, call);
    } catch (error) {
      if (error === STILL_RUNS) return this.#sendOn(operation, call);
      throw await errorOf(error, operation, call);
    }
  }

  /** The caller has been cancelled. */
  async #sendOn(operation: string, call: Call): Promise<unknown> {
    try {
      return await waitForEnd(call);
    } catch (error) {
      throw await errorOf(error, operation, call);
    }
  }

  async #sendWithCompanions(
    operation: string,
    reference: Reference,
    args: unknown[],
    special: CallExtra | undefined,
  ): Promise<unknown> {
    const companions = new Companions(args, this.#options.onProgress);
    const extra = { ...special, ...companions.extra };
    const call = prepareCall(reference, companions.args, this.#options, extra, companions);
    try {
      return await withCompanions(companions, call, () => waitForAll(this.#pool, call));
    } catch (error) {
      throw await errorOf(error, operation, call);
    }
  }

  async stream<A extends unknown[], T, U>(
    fn: RemoteFunction<A, AsyncIterable<T> | Iterable<T>>,
    args: A,
    body: (items: ReceiveChannel<T>) => U | PromiseLike<U>,
  ): Promise<U> {
    const reference = referenceOf(fn, 'stream()');
    if (!Array.isArray(args)) throw new TypeError(`stream() takes the arguments as an array, not ${typeof args}`);
    if (typeof body !== 'function') throw new TypeError('stream() takes a function that gets the channel of the items');
    await this.#refuse('stream()');
    const { limiter } = this.#options;
    const perform = (): Promise<U> => this.#stream(reference, args, body);
    return limiter === undefined ? perform() : holding(limiter, () => this.#refuse('stream()') ?? perform());
  }

  async #stream<T, U>(
    reference: Reference,
    args: unknown[],
    body: (items: ReceiveChannel<T>) => U | PromiseLike<U>,
  ): Promise<U> {
    const pool = this.#pool;
    const { window, onProgress } = this.#options;
    const companions = new Companions(args, onProgress);
    const channel = new StreamChannel<T>(window, (count) => call.worker?.sendCredit(call, count));
    companions.items = (items) => channel.push(items as T[]);
    const extra: CallExtra = { ...companions.extra, window };
    const call = prepareCall(reference, companions.args, this.#options, extra, companions);
    let value: U | undefined;
    await openNursery(async (nursery) => {
      nursery.startSoon(named(`stream of ${reference.name}`, () => receiveItems(pool, call, companions, channel)));
      try {
        value = await body(channel);
      } finally {
        channel.close();
        pool.ask(call, leaveEarly);
      }
    });
    return value as U;
  }

  map<I, R>(
    fn: RemoteFunction<[I], R>,
    items: Iterable<I> | AsyncIterable<I>,
    options: MapOptions = {},
  ): Promise<Awaited<R>[]> {
    try {
      const reference = referenceOf(fn, 'map()');
      const { max } = this.#pool.options;
      const calls = 2 * (max === Infinity ? availableParallelism() : max);
      const many = (batch: I[]): Promise<unknown> => this.#perform('map()', reference, batch, { many: true });
      const call = many as (batch: I[]) => Promise<Awaited<R>[]>;
      const refused = this.#refuse('map()');
      return refused ?? mapItems({ name: reference.name, items, options, calls, call });
    } catch (error) {
      return rejected(error);
    }
  }

  with(options: CallOptions): Executor {
    return new PoolExecutor(this.#pool, changeCallOptions(this.#options, options));
  }

  statistics(): ExecutorStatistics {
    return this.#pool.statistics();
  }
}

const EARLY = Symbol('the body of stream() has ended');

function leaveEarly(): never {
  throw EARLY;
}

async function waitForAll(pool: Pool, call: Call): Promise<unknown> {
  try {
    return await waitForCall(pool, call);
  } catch (error) {
    if (error === STILL_RUNS) return waitForEnd(call);
    throw error;
  }
}

/** Lets the items of a call come into the channel, until the generator has ended. */
async function receiveItems<T>(
  pool: Pool,
  call: Call,
  companions: Companions,
  channel: StreamChannel<T>,
): Promise<void> {
  try {
    await withCompanions(companions, call, () => waitForAll(pool, call));
    channel.end();
  } catch (thrown) {
    if (thrown === EARLY) return;
    if (isCancelled(thrown)) throw thrown;
    const error = await errorOf(thrown, 'stream()', call);
    // Otherwise the body has ended, and cannot hear of it.
    if (!channel.fail(error)) throw error;
  }
}
