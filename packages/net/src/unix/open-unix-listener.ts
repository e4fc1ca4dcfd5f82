import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { isSystemError } from '../addresses/connection-failed-error.ts';
import { listen, requireBacklog } from '../listening/listen.ts';
import { SocketListener } from '../listening/socket-listener.ts';
import type { SocketAddress } from '../addresses/socket-address.ts';
import { removeStaleSocket, SocketFile } from './socket-file.ts';
import { inFull, isAbstract, requireUnixPath } from './unix-path.ts';
import type { UnixPath } from './unix-path.ts';

/**
 * How to listen on a Unix socket.
 *
 * @example
 * await using folder = await Path.temporary();
 * const options: OpenUnixListenerOptions = { mode: 0o600, backlog: 16 }; // only the same user may connect
 * await using listener = await openUnixListener(folder.path.join('app.sock'), options);
 */
export interface OpenUnixListenerOptions {
  /** The permissions of the socket file, such as `0o600`; connecting needs the one to write. By default the umask decides. */
  readonly mode?: number;
  /** How many connections the operating system keeps waiting; as many as it can when left out. */
  readonly backlog?: number;
}

const operation = 'openUnixListener()';

/**
 * Listens on a Unix socket. A socket file is replaced if the process that made it has ended. A file on which a process
 * listens, or which is not a socket, is never replaced. The file appears with its permissions, ready for connections.
 * Closing the listener deletes it, if it still is the same file.
 *
 * A checkpoint. When it is cancelled, it leaves nothing behind.
 *
 * @param path where the file is to be, from the folder that is the current one now, or on Linux an abstract name:
 * `'\0name'`. (Node 20 fills abstract names up with zeros, and so is reached only by clients of Node 20.)
 * @throws the error of the operating system, with code `EADDRINUSE` when the path is taken, with `ENOENT` when its folder
 * is missing.
 * @throws {TypeError} when it is not a path. @throws {RangeError} when the path is too long, or an option is out of range.
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
  const fullPath = inFull(target);
  for (;;) {
    const file = new SocketFile(fullPath);
    const server = await listen({ path: file.bindPath, backlog }).catch((error: unknown) => {
      throw inTermsOf(target, error);
    });
    try {
      file.publish(options.mode);
    } catch (error) {
      server.close();
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw inTermsOf(target, error);
      if (await removeStaleSocket(fullPath)) continue;
      throw listenError('EADDRINUSE', target, error);
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

/** The error as one of the path that was given: the system knows only the name that the socket has for a moment. */
function inTermsOf(path: string, error: unknown): unknown {
  if (!isSystemError(error)) return error;
  // For Node, a folder that is missing is one that may not be written to.
  const isMissing = error.code === 'EACCES' && !existsSync(dirname(path));
  return listenError(isMissing ? 'ENOENT' : error.code!, path, error);
}

function listenError(code: string, path: string, cause: unknown): Error {
  const [errno, [, text]] = [...getSystemErrorMap()].find(([, [name]]) => name === code) ?? [undefined, [code, code]];
  return Object.assign(new Error(`listen ${code}: ${text} ${path}`, { cause }), {
    code,
    errno,
    syscall: 'listen',
    address: path,
  });
}
