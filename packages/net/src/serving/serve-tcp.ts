import { openTcpListeners } from '../listening/open-tcp-listeners.ts';
import type { OpenTcpListenersOptions } from '../listening/open-tcp-listeners.ts';
import type { SocketListener } from '../listening/socket-listener.ts';
import type { SocketStream } from '../sockets/socket-stream.ts';
import { prepareService, serveListeners } from './serve-listeners.ts';
import type { ConnectionHandler } from './serve-connection.ts';
import type { ServeOptions } from './serve-listeners.ts';

/**
 * Serves TCP connections: `openTcpListeners`, and then `serveListeners`, which says how it ends.
 *
 * @param port 0 for one that is free; start it with `nursery.start` to learn which one.
 * @throws the error of the operating system when it cannot listen there.
 * @throws {ExceptionGroup} with the errors of listeners, and of handlers where they are raised.
 * @example
 * const [listener] = await nursery.start<SocketListener[]>((taskStatus) => serveTcp(handler, 0, { taskStatus }));
 * console.log(`listening on port ${listener.port}`);
 */
export async function serveTcp(
  handler: ConnectionHandler<SocketStream>,
  port: number,
  options: OpenTcpListenersOptions & ServeOptions<SocketListener> = {},
): Promise<void> {
  prepareService(handler, options, 'serveTcp()');
  await serveListeners(handler, await openTcpListeners(port, options), options);
}
