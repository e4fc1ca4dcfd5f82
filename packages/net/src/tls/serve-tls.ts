import type { ConnectionHandler } from '../serving/serve-connection.ts';
import { prepareService, serveListeners } from '../serving/serve-listeners.ts';
import type { ServeOptions } from '../serving/serve-listeners.ts';
import type { SocketStream } from '../sockets/socket-stream.ts';
import { openTlsListeners } from './open-tls-listeners.ts';
import type { OpenTlsListenersOptions } from './open-tls-listeners.ts';
import type { TcpTlsListener } from './tls-listener.ts';
import type { TlsStream } from './tls-stream.ts';

/**
 * Serves TLS connections over TCP: `openTlsListeners`, and then `serveListeners`, which says how it ends.
 *
 * A handler is called after the handshake, which may take 10 s (`handshakeTimeout`). If the handshake fails, only its
 * connection is closed: when the peer does not trust the certificate, has no certificate itself, or does not speak TLS.
 *
 * @param port 0 for one that is free; start it with `nursery.start` to learn which one.
 * @throws the error of the operating system when it cannot listen there, or of Node when an option of TLS is wrong.
 * @throws {ExceptionGroup} with the errors of listeners, and of handlers where they are raised.
 * @example
 * const [listener] = await nursery.start<TcpTlsListener[]>((taskStatus) => serveTls(handler, 0, { key, cert, taskStatus
 * }));
 */
export async function serveTls(
  handler: ConnectionHandler<TlsStream<SocketStream>>,
  port: number,
  options: OpenTlsListenersOptions & ServeOptions<TcpTlsListener>,
): Promise<void> {
  prepareService(handler, options, 'serveTls()');
  await serveListeners(handler, await openTlsListeners(port, options), options);
}
