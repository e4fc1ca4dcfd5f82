import { listen, requireBacklog } from '../listening/listen.ts';
import { SocketListener } from '../listening/socket-listener.ts';
import type { SocketAddress } from '../sockets/socket-address.ts';
import { removeStaleSocket, SocketFile } from './socket-file.ts';
import { isAbstract, requireUnixPath } from './unix-path.ts';
import type { UnixPath } from './unix-path.ts';

/** How to listen on a Unix socket. */
export interface OpenUnixListenerOptions {
  /** The permissions of the socket file, `0o600` for instance; to connect needs that of writing. As umask says when left out. */
  readonly mode?: number;
  /** How many connections the operating system keeps waiting; as many as it can when left out. */
  readonly backlog?: number;
}

const operation = 'openUnixListener()';

/**
 * Listens on a Unix socket. A socket file that a process which is gone has left behind is replaced; one on which somebody
 * listens, and a file that is no socket, never is. The file appears with its permissions, ready for connections, and
 * closing the listener deletes it, if it still is its own.
 *
 * A checkpoint. Cancelled, it leaves nothing behind.
 *
 * @param path where the file is to be, or on Linux an abstract name: `'\0name'`. (Node 20 fills abstract names up with
 * zeros, and so is reached only by clients of Node 20.)
 * @throws the error of the operating system, with code `EADDRINUSE` when the path is taken.
 * @throws {TypeError} when it is no path. @throws {RangeError} when the path is too long, or an option is out of range.
 * @throws {StateError} when the platform has no Unix sockets.
 * @example
 * await using listener = await openUnixListener('/run/app.sock', { mode: 0o600 });
 */
export async function openUnixListener(path: UnixPath, options: OpenUnixListenerOptions = {}): Promise<SocketListener> {
  const target = requireUnixPath(path, operation);
  const backlog = requireBacklog(options.backlog, operation);
  requireMode(options.mode);
  const localAddress: SocketAddress = { family: 'unix', address: target, port: 0 };
  if (isAbstract(target)) return new SocketListener(await listen({ path: target, backlog }), { localAddress });
  for (;;) {
    const file = new SocketFile(target);
    const server = await listen({ path: file.bindPath, backlog });
    try {
      file.publish(options.mode);
    } catch (error) {
      server.close();
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (await removeStaleSocket(target)) continue;
      throw addressInUse(target);
    }
    return new SocketListener(server, { localAddress, onClose: () => file.remove() });
  }
}

function requireMode(mode: number | undefined): void {
  if (mode === undefined) return;
  if (!Number.isInteger(mode)) throw new TypeError(`${operation}: the mode must be an integer, not ${mode}`);
  if (mode < 0 || mode > 0o777) {
    throw new RangeError(`${operation}: the mode must be between 0 and 0o777, but is 0o${mode.toString(8)}`);
  }
}

function addressInUse(path: string): Error {
  return Object.assign(new Error(`listen EADDRINUSE: address already in use ${path}`), {
    code: 'EADDRINUSE',
    syscall: 'listen',
    address: path,
  });
}
