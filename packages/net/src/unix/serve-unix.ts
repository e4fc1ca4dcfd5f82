import type { SocketListener } from '../listening/socket-listener.ts';
import { prepareService, serveListeners } from '../serving/serve-listeners.ts';
import type { ConnectionHandler } from '../serving/serve-connection.ts';
import type { ServeOptions } from '../serving/serve-listeners.ts';
import type { SocketStream } from '../sockets/socket-stream.ts';
import { openUnixListener } from './open-unix-listener.ts';
import type { OpenUnixListenerOptions } from './open-unix-listener.ts';
import type { UnixPath } from './unix-path.ts';

/**
 * Serves connections over a Unix socket: `openUnixListener`, and then `serveListeners`, which says how it ends.
 *
 * @throws the errors of `openUnixListener`. @throws {ExceptionGroup} with the errors of listeners, and of handlers where
 * they are raised.
 * @example
 * await serveUnix(handler, '/run/app.sock', { mode: 0o600 });
 */
export async function serveUnix(
  handler: ConnectionHandler<SocketStream>,
  path: UnixPath,
  options: OpenUnixListenerOptions & ServeOptions<SocketListener> = {},
): Promise<void> {
  prepareService(handler, options, 'serveUnix()');
  await serveListeners(handler, [await openUnixListener(path, options)], options);
}
