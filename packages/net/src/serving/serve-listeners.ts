import { InternalError, openNursery, sleep } from '@tercet/core';
import type { Nursery, TaskStatus } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { closeForcefully } from '@tercet/streams';
import type { Listener, Stream } from '@tercet/streams';
import { Semaphore } from '@tercet/sync';
import { isExhaustion, warnOfAccepting } from '../listening/accept-errors.ts';

/** For how long nothing is accepted when the process has run out of file descriptors or memory: milliseconds. */
const REST = 100;

/** How connections are served. */
export interface ServeOptions<L = Listener> {
  /** Where the handlers run; in a nursery of their own, which ends with the server, when left out. */
  readonly handlerNursery?: Pick<Nursery, 'startSoon'>;
  /** Is told the listeners when the server is ready: `nursery.start((taskStatus) => serveTcp(handler, 0, { taskStatus }))`. */
  readonly taskStatus?: TaskStatus<L[]>;
  /** How many handlers run at most; further connections wait. No limit when left out. */
  readonly maxConnections?: number;
}

/** What serves one connection. The stream is closed, forcefully, when it has ended. */
export type Handler<S> = (stream: S) => unknown;

/**
 * Accepts connections and runs a handler for each of them, in a task of its own, which closes the stream in the end. It
 * never returns; cancel it to end it. It closes the listeners then.
 *
 * An error of a handler is not caught: it ends the server, like every error of a task ends its nursery. A handler that
 * must not do that catches what it expects, `BrokenResourceError` for instance. When the process has run out of file
 * descriptors or memory, a process warning says so and accepting goes on after 100 ms.
 *
 * @throws {ExceptionGroup} with the errors of handlers and listeners.
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {RangeError} when `maxConnections` is less than 1. @throws {TypeError} when it is no whole number.
 * @example
 * await serveListeners(async (stream) => {
 *   for await (const chunk of stream) await stream.sendAll(chunk);
 * }, await openTcpListeners(7));
 */
export async function serveListeners<S extends Stream, L extends Listener<S>>(
  handler: Handler<S>,
  listeners: readonly (L & Listener<S>)[],
  options: ServeOptions<L> = {},
): Promise<never> {
  if (typeof handler !== 'function') throw new TypeError('serveListeners() takes a function that handles a connection');
  const { maxConnections = Infinity } = options;
  if (maxConnections < 1) throw new RangeError(`serveListeners(): maxConnections must be at least 1`);
  const slots = new Semaphore(maxConnections);
  await openNursery((nursery) => {
    const handlers = options.handlerNursery ?? nursery;
    for (const listener of listeners) nursery.startSoon(acceptConnections, listener, handler, handlers, slots);
    options.taskStatus?.started([...listeners]);
  });
  throw new InternalError('serveListeners(): all tasks that accept have ended');
}

async function acceptConnections<S extends Stream>(
  listener: Listener<S>,
  handler: Handler<S>,
  handlers: Pick<Nursery, 'startSoon'>,
  slots: Semaphore,
): Promise<never> {
  try {
    let warned = false;
    for (;;) {
      let stream: S;
      try {
        stream = await listener.accept();
        warned = false;
      } catch (error) {
        if (!isExhaustion(error)) throw error;
        if (!warned) warnOf(error);
        warned = true;
        await sleep(REST);
        continue;
      }
      try {
        if (slots.value > 0) slots.acquireNowait();
        else await slots.acquire();
        handlers.startSoon(handle, stream, handler, slots);
      } catch (error) {
        await closeForcefully(stream);
        throw error;
      }
    }
  } finally {
    await listener.close();
  }
}

async function handle<S extends Stream>(stream: S, handler: Handler<S>, slots: Semaphore): Promise<void> {
  try {
    await handler(stream);
  } finally {
    slots.release();
    await closeForcefully(stream);
  }
}

function warnOf(error: unknown): void {
  warnOfAccepting(
    `a listener could not accept a connection, and tries again every ${REST} ms: ${describeError(error)}`,
  );
}
