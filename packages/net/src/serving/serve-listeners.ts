import { openNursery, sleep, untilShutdown } from '@tercet/core';
import type { Duration, Nursery, TaskStatus } from '@tercet/core';
import { checkpointIfCancelled, describeError, toMilliseconds } from '@tercet/core/lowlevel';
import { closeForcefully } from '@tercet/streams';
import type { Listener, Stream } from '@tercet/streams';
import { Semaphore } from '@tercet/sync';
import { isExhaustion, warnOfAccepting } from '../listening/accept-errors.ts';
import { closeAfter, closeOnFailure } from './close-after.ts';
import { HandlerErrors } from './handler-errors.ts';
import { requireLimit } from './require-limit.ts';
import type { OnHandlerError } from './handler-errors.ts';
import { admit, serveConnection } from './serve-connection.ts';
import type { ConnectionHandler, Service } from './serve-connection.ts';

/** How long the server waits after it has run out of file descriptors or memory: milliseconds. */
const REST = 100;

/**
 * How connections are served.
 *
 * @example
 * await openNursery(async (nursery) => {
 *   const [listener] = await nursery.start<SocketListener[]>((taskStatus) => {
 *     const options: ServeOptions<SocketListener> = { taskStatus, maxConnections: 100, onHandlerError: 'raise' };
 *     return serveTcp((stream) => stream.sendAll('hello'), 0, { host: '127.0.0.1', ...options });
 *   });
 *   console.log(listener!.port);
 *   nursery.cancelScope.cancel();
 * });
 */
export interface ServeOptions<L = Listener> {
  /** Where the handlers run. By default that is a nursery that ends with the server. */
  readonly handlerNursery?: Pick<Nursery, 'startSoon'>;
  /** Gets the listeners when the server is ready: `nursery.start((taskStatus) => serveTcp(handler, 0, { taskStatus }))`. */
  readonly taskStatus?: TaskStatus<L[]>;
  /**
   * How to handle an error of a handler. `'report'`, the default, emits a process warning. `'raise'` lets the error end the
   * server. A function decides itself.
   */
  readonly onHandlerError?: OnHandlerError;
  /** How many handlers run at most, for each listener; further connections wait. No limit when left out. */
  readonly maxConnections?: number;
  /** TLS: how many connections may be without a finished handshake, for each listener; as `maxConnections` when left out. */
  readonly maxHandshakes?: number;
  /** TLS: how long a handshake may take: milliseconds, or `{ seconds: 10 }`, which it is when left out. */
  readonly handshakeTimeout?: Duration;
}

/**
 * Accepts connections and runs a handler for each of them, in a separate task, which closes the stream in the end. It
 * closes the listeners when it ends, however it ends.
 *
 * It goes on until it is cancelled or shut down. At `scope.shutdown()` it closes the listeners at once, together with the
 * connections for which no handler runs yet, and returns when all handlers have ended.
 *
 * An error of a handler does not end the server: it is reported as a process warning, at most ten times a minute, unless
 * `onHandlerError` says otherwise. The same goes for a handler that ends with the `Cancelled` of something else.
 *
 * Over TLS the handshake is done before the handler is called, with a time limit. A failed handshake is reported at most
 * once a minute. It does not end the server, unless `onHandlerError` is a function that throws.
 *
 * When the process has run out of file descriptors or memory, a process warning says so, and accepting goes on after 100
 * ms.
 *
 * @throws {ExceptionGroup} with the errors of listeners, and of handlers where they are raised.
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {RangeError} when a limit is less than 1, or the time limit negative. @throws {TypeError} when an option has
 * another type.
 * @example
 * await serveListeners(async (stream) => {
 *   for await (const chunk of stream) await stream.sendAll(chunk);
 * }, await openTcpListeners(7));
 */
export async function serveListeners<S extends Stream, L extends Listener<S>>(
  handler: ConnectionHandler<S>,
  listeners: readonly (L & Listener<S>)[],
  options: ServeOptions<L> = {},
): Promise<void> {
  let newService: () => Service<S>;
  try {
    newService = prepareService(handler, options, 'serveListeners()');
  } catch (error) {
    for (const listener of listeners) void listener.close().catch(() => undefined);
    throw error;
  }
  await openNursery((nursery) => {
    const handlers = options.handlerNursery ?? nursery;
    for (const listener of listeners) nursery.startSoon(serveListener<S>, listener, newService(), handlers);
    options.taskStatus?.started([...listeners]);
  });
}

/**
 * Checks the options.
 *
 * @returns what makes the places and limits of a listener.
 * @throws {TypeError} @throws {RangeError}
 */
export function prepareService<S extends Stream>(
  handler: ConnectionHandler<S>,
  options: ServeOptions<never>,
  operation: string,
): () => Service<S> {
  if (typeof handler !== 'function') throw new TypeError(`${operation} takes a function that handles a connection`);
  const { maxConnections = Infinity, maxHandshakes = maxConnections, onHandlerError = 'report' } = options;
  requireLimit('maxConnections', maxConnections, operation);
  requireLimit('maxHandshakes', maxHandshakes, operation);
  const handshakeTimeout = toMilliseconds(options.handshakeTimeout ?? { seconds: 10 }, operation);
  const errors = new HandlerErrors(onHandlerError, operation);
  return () => ({
    handler,
    errors,
    connections: new Semaphore(maxConnections),
    handshakes: new Semaphore(maxHandshakes),
    handshakeTimeout,
  });
}

async function serveListener<S extends Stream>(
  listener: Listener<S>,
  service: Service<S>,
  handlers: Pick<Nursery, 'startSoon'>,
): Promise<void> {
  await closeAfter(
    () => untilShutdown(() => acceptConnections(listener, service, handlers)),
    () => listener.close(),
  );
}

async function acceptConnections<S extends Stream>(
  listener: Listener<S>,
  service: Service<S>,
  handlers: Pick<Nursery, 'startSoon'>,
): Promise<never> {
  let hasWarned = false;
  for (;;) {
    let stream: S;
    try {
      stream = await listener.accept();
      hasWarned = false;
    } catch (error) {
      if (!isExhaustion(error)) throw error;
      if (!hasWarned) warnOf(error);
      hasWarned = true;
      await sleep(REST);
      continue;
    }
    try {
      await admit(stream, service);
      handlers.startSoon(serveConnection<S>, stream, service);
      // oxlint-disable-next-line @tercet/no-swallowed-cancel -- closeOnFailure throws what its body throws
    } catch (error) {
      await closeOnFailure(
        async () => {
          // A nursery may be closed because all is cancelled, which is not a mistake.
          await checkpointIfCancelled();
          throw error;
        },
        () => closeForcefully(stream),
      );
    }
  }
}

function warnOf(error: unknown): void {
  warnOfAccepting(
    `a listener could not accept a connection, and tries again every ${REST} ms: ${describeError(error)}`,
  );
}
