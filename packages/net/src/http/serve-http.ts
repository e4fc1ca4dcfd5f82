import { openNursery } from '@tercet/core';
import type { Duration } from '@tercet/core';
import { toMilliseconds } from '@tercet/core/lowlevel';
import type { IncomingMessage, ServerOptions } from 'node:http';
import type { SocketAddress } from '../addresses/socket-address.ts';
import { openOnEachAddress } from '../listening/open-on-each-address.ts';
import { HandlerErrors } from '../serving/handler-errors.ts';
import type { OnHandlerError } from '../serving/handler-errors.ts';
import { requireLimit } from '../serving/require-limit.ts';
import type { ServeOptions } from '../serving/serve-listeners.ts';
import { httpsOptionsOf, timeoutOfNode } from '../tls/tls-options.ts';
import type { TlsOptions } from '../tls/tls-options.ts';
import type { HttpHandler } from './exchange.ts';
import { HttpServer } from './http-server.ts';
import { HttpService } from './http-service.ts';

/**
 * Where an HTTP server listens.
 *
 * @example
 * await openNursery(async (nursery) => {
 *   const listeners = await nursery.start<HttpListener[]>((taskStatus) =>
 *     serveHttp((request, response) => response.end('hello'), 0, { host: '127.0.0.1', taskStatus }),
 *   );
 *   console.log(`http://127.0.0.1:${listeners[0]!.port}/`);
 *   nursery.cancelScope.cancel();
 * });
 */
export interface HttpListener {
  readonly localAddress: SocketAddress;
  readonly port: number;
}

/**
 * How HTTP requests are served.
 *
 * @example
 * const options: ServeHttpOptions = {
 *   host: '127.0.0.1',
 *   timeout: { seconds: 30 }, // for each request
 *   maxConnections: 1000,
 *   server: { keepAliveTimeout: 5_000 },
 *   onHandlerError: (error, request) => console.error(request.url, error),
 * };
 * await moveOnAfter(5, () => serveHttp((request, response) => response.end('hello'), 0, options));
 */
export interface ServeHttpOptions extends Omit<ServeOptions<HttpListener>, 'onHandlerError' | 'maxHandshakes'> {
  /** A name or an IP address; all of the machine's addresses when left out. */
  readonly host?: string;
  /** Serves HTTPS, with options of `node:tls`: at least `key` and `cert`. */
  readonly tls?: TlsOptions;
  /**
   * How long a request may take, from the end of its headers to the end of its response: milliseconds, or
   * `{ seconds: 30 }`. No limit when left out.
   */
  readonly timeout?: Duration;
  /** Options of `http.createServer`: `keepAliveTimeout`, `maxHeaderSize`, `requestTimeout` and so on. */
  readonly server?: ServerOptions;
  /**
   * How to handle an error of the handler, after the client has got a 500. `'report'`, the default, emits a process warning.
   * `'raise'` lets the error end the server. A function decides itself, and ends the server by throwing.
   */
  readonly onHandlerError?: OnHandlerError<IncomingMessage>;
}

const operation = 'serveHttp()';

/**
 * Serves HTTP with any handler of `node:http`, also that of a framework: `serveHttp(app, 8080)` for Express,
 * `serveHttp(fastify.routing, 8080)` after `await fastify.ready()`, `serveHttp(getRequestListener(app.fetch), 8080)` for
 * Hono.
 *
 * Each request has a task, with its own task-local values. The task lives until the handler has returned and the response
 * has ended. It is cancelled when the client goes away, with source `'signal'` and reason `'client disconnected'`, and when
 * its `timeout` is over. Then the client gets a 503, if nothing has been sent yet; otherwise the connection is cut off.
 *
 * When the handler throws, the client gets a 500 in the same way, and the error is reported as `onHandlerError` says.
 *
 * It goes on until it is cancelled or shut down. At `scope.shutdown()` it stops listening and closes connections without a
 * request at once, responses get `connection: close`, and it returns when all requests have ended. When it is cancelled,
 * so are the requests, and all connections are closed.
 *
 * Node calls listeners of `request` and `response` outside of the task: wait for them in the task, or bind what they call
 * with `AsyncResource.bind`.
 *
 * A checkpoint.
 *
 * @param port 0 for one that is free; start it with `nursery.start` to learn which one.
 * @throws the error of the operating system when it cannot listen there, or of Node when an option is wrong.
 * @throws {ExceptionGroup} with errors of listening or of handlers, where they are raised.
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {TypeError} when an argument has another type. @throws {RangeError} when a value cannot be.
 * @example
 * await serveHttp(async (request, response) => {
 *   await sleep(100);
 *   response.end(`hello, ${request.url}`);
 * }, 8080, { timeout: { seconds: 30 } });
 */
export async function serveHttp(handler: HttpHandler, port: number, options: ServeHttpOptions = {}): Promise<void> {
  const { server = {}, maxConnections = Infinity, timeout = Infinity, onHandlerError = 'report' } = options;
  if (typeof handler !== 'function') throw new TypeError(`${operation} takes a function that handles a request`);
  requireLimit('maxConnections', maxConnections, operation);
  const errors = new HandlerErrors<IncomingMessage>(
    onHandlerError,
    operation,
    'its client gets a 500 if nothing has been sent',
  );
  const service = new HttpService(handler, errors, toMilliseconds(timeout, operation));
  const plan = {
    server,
    tls: options.tls && {
      handshakeTimeout: timeoutOfNode(toMilliseconds(options.handshakeTimeout ?? { seconds: 10 }, operation)),
      ...httpsOptionsOf(options.tls, operation),
    },
    maxConnections,
    onRequest: service.begin.bind(service),
    onError: service.fail.bind(service),
  };
  service.servers = await openOnEachAddress(port, options, operation, (target) => HttpServer.listen(target, plan));
  const { handlerNursery, taskStatus } = options;
  await openNursery((nursery) => service.run(handlerNursery ?? nursery, handlerNursery === undefined, taskStatus));
}
