import { serveListeners } from '../serving/serve-listeners.ts';
import type { Handler, ServeOptions } from '../serving/serve-listeners.ts';
import type { SocketStream } from '../sockets/socket-stream.ts';
import { openTlsListeners } from './open-tls-listeners.ts';
import type { OpenTlsListenersOptions } from './open-tls-listeners.ts';
import type { TcpTlsListener } from './tls-listener.ts';
import type { TlsStream } from './tls-stream.ts';

/**
 * Serves TLS connections over TCP: `openTlsListeners`, and then `serveListeners`. It never returns; cancel it to end it.
 *
 * Each handler does the handshake itself, with what it sends or receives first. One that fails, because the peer does not
 * trust the certificate or does not speak TLS at all, is a `BrokenResourceError` there, which ends the server when the
 * handler does not catch it.
 *
 * @param port 0 for one that is free; start it with `nursery.start` to learn which one.
 * @throws the error of the operating system when it cannot listen there, or of Node when an option of TLS is wrong.
 * @throws {ExceptionGroup} with the errors of handlers and listeners.
 * @example
 * const [listener] = await nursery.start<TcpTlsListener[]>((taskStatus) => serveTls(handler, 0, { key, cert, taskStatus }));
 */
export async function serveTls(
  handler: Handler<TlsStream<SocketStream>>,
  port: number,
  options: OpenTlsListenersOptions & ServeOptions<TcpTlsListener>,
): Promise<never> {
  const { handlerNursery, taskStatus, maxConnections, ...listenOptions } = options;
  return await serveListeners(handler, await openTlsListeners(port, listenOptions), {
    ...(handlerNursery === undefined ? undefined : { handlerNursery }),
    ...(taskStatus === undefined ? undefined : { taskStatus }),
    ...(maxConnections === undefined ? undefined : { maxConnections }),
  });
}
