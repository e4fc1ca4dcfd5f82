import { connectSocket } from '../connecting/connect-socket.ts';
import type { SocketAddress } from '../addresses/socket-address.ts';
import { SocketReader } from '../sockets/socket-reader.ts';
import { socketStreamOf } from '../sockets/socket-stream.ts';
import type { SocketStream } from '../sockets/socket-stream.ts';
import { requireUnixPath } from './unix-path.ts';
import type { UnixPath } from './unix-path.ts';

/**
 * Connects to a Unix socket. A checkpoint. When it is cancelled, it leaves no socket behind.
 *
 * @param path its file, or on Linux an abstract name: `'\0name'`. (Node 20 fills abstract names up with zeros, and so
 * reaches only servers of Node 20.)
 * @throws the error of the operating system: with code `ENOENT` when there is no such file, with code `ECONNREFUSED` when
 * no process listens.
 * @throws {TypeError} when it is not a path. @throws {RangeError} when the path is too long.
 * @throws {StateError} when the platform has no Unix sockets.
 * @example
 * await using folder = await Path.temporary();
 * const path = folder.path.join('app.sock');
 * await using listener = await openUnixListener(path);
 * await using stream = await openUnixSocket(path);
 */
export async function openUnixSocket(path: UnixPath): Promise<SocketStream> {
  const target = requireUnixPath(path, 'openUnixSocket()');
  const reader = new SocketReader();
  const options = { path: target, allowHalfOpen: true, onread: reader.onread };
  const socket = await connectSocket(options);
  const remote: SocketAddress = { family: 'unix', address: target, port: 0 };
  try {
    return socketStreamOf(socket, { reader, remote });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
