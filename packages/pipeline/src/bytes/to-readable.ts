import { ExceptionGroup, named } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { isError, WaitQueue } from '@tercet/core/lowlevel';
import { AsyncResource } from 'node:async_hooks';
import { Readable } from 'node:stream';
import type { ReadableOptions } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import type { ReadableStreamDefaultController } from 'node:stream/web';
import { Flow } from '../flows/flow.ts';
import { consumeWith } from '../flows/consume.ts';
import { describe } from '../sections/require.ts';

/**
 * Makes a readable stream of Node of a flow. The nursery owns the work: it is a task there, which ends with the stream. The
 * stream takes what its high-water mark asks for; destroying it closes the source. When the flow fails, the stream is destroyed
 * with the error, and the nursery is not. An item that is null fails it, since to Node that is the end.
 *
 * Not a checkpoint.
 *
 * @param options for the stream; it is in object mode unless they say otherwise.
 * @throws {TypeError} when `flow` is not a flow. @throws {StateError} when the nursery is closed.
 * @example
 * await openNursery(async (nursery) => {
 *   toReadable(pipeline(rows, map(toCsv)), nursery).pipe(createGzip()).pipe(file);
 * });
 */
export function toReadable<T>(flow: Flow<T>, nursery: Nursery, options: ReadableOptions = {}): Readable {
  requireFlow('toReadable', flow);
  const demand = new Demand();
  const context = new AsyncResource('TERCET_PIPELINE');
  const readable = new Readable({
    objectMode: true,
    ...options,
    read: () => demand.set(),
    destroy: (error, done) => {
      demand.close();
      handle.cancel('its stream was destroyed');
      done(error);
    },
  });
  const handle = run(nursery, 'toReadable', flow, demand, {
    put: (item) => {
      if (item === null) {
        throw new TypeError(
          'toReadable(): an item is null, which would be the end of a stream of Node; map it to another',
        );
      }
      return context.runInAsyncScope(() => readable.push(item));
    },
    end: () => context.runInAsyncScope(() => void readable.push(null)),
    fail: (error) => context.runInAsyncScope(() => void readable.destroy(asError(error))),
  });
  return readable;
}

/**
 * Makes a readable stream of the web of a flow: see {@link toReadable}.
 *
 * @example
 * return new Response(toWebReadable(pipeline(rows, map(toJson), encode()), nursery));
 */
export function toWebReadable<T>(
  flow: Flow<T>,
  nursery: Nursery,
  strategy: { readonly highWaterMark?: number } = {},
): ReadableStream<T> {
  requireFlow('toWebReadable', flow);
  const demand = new Demand();
  const context = new AsyncResource('TERCET_PIPELINE');
  let controller: ReadableStreamDefaultController<T> | undefined;
  let handle: { cancel(reason?: string): void } | undefined;
  const stream = new ReadableStream<T>(
    {
      start: (own) => void (controller = own),
      pull: () => demand.set(),
      cancel: () => {
        demand.close();
        handle?.cancel('its stream was cancelled');
      },
    },
    strategy,
  );
  handle = run(nursery, 'toWebReadable', flow, demand, {
    put: (item) =>
      context.runInAsyncScope(() => {
        controller!.enqueue(item as T);
        return (controller!.desiredSize ?? 0) > 0;
      }),
    end: () => context.runInAsyncScope(() => controller!.close()),
    fail: (error) => context.runInAsyncScope(() => controller!.error(error)),
  });
  return stream;
}

/** One that wants items, or does not at the moment. */
class Demand {
  readonly #waiters = new WaitQueue<void>('a reader of a stream');
  #isSet = false;
  isClosed = false;

  set(): void {
    this.#isSet = true;
    this.#waiters.wakeFirst();
  }

  unset(): void {
    this.#isSet = false;
  }

  get isSet(): boolean {
    return this.#isSet || this.isClosed;
  }

  close(): void {
    this.isClosed = true;
    this.#waiters.wakeFirst();
  }

  async wait(): Promise<void> {
    while (!this.isSet) await this.#waiters.wait(undefined);
  }
}

interface Sink {
  /** @returns whether another item is wanted at once. */
  put(item: unknown): boolean;
  end(): void;
  fail(error: unknown): void;
}

function run(
  nursery: Nursery,
  name: string,
  flow: unknown,
  demand: Demand,
  sink: Sink,
): { cancel(reason?: string): void } {
  const task = async (): Promise<void> => {
    try {
      await demand.wait();
      await consumeWith(flow, name, (item, place) => {
        if (demand.isClosed) return place.end();
        demand.unset();
        if (sink.put(item)) return undefined;
        return demand.wait();
      });
    } catch (error) {
      if (!demand.isClosed) sink.fail(error);
      // The reader of the stream gets the error; a cancellation belongs to the nursery.
      if (error instanceof ExceptionGroup) return;
      throw error;
    }
    if (!demand.isClosed) sink.end();
  };
  return nursery.startSoon(named(name, task));
}

function requireFlow(operation: string, flow: unknown): void {
  if (flow instanceof Flow) return;
  throw new TypeError(
    `${operation}(): the first argument must be a Flow, as pipeline() makes it, not ${describe(flow)}`,
  );
}

function asError(error: unknown): Error {
  return isError(error) ? error : new Error(String(error));
}
