import { openTcpStream, openUnixSocket, serveTcp, serveUnix } from '../../src/index.ts';
import type { SocketListener } from '../../src/index.ts';
import type { Transport } from './http-load.ts';

/** Over TCP. */
export const tcp: Transport<SocketListener> = {
  serve: (handler, taskStatus) => serveTcp(handler, 0, { host: '127.0.0.1', taskStatus }),
  connect: (listener) => openTcpStream('127.0.0.1', listener.port),
};

/** Over a Unix socket at this path. */
export function unix(path: string): Transport<SocketListener> {
  return {
    serve: (handler, taskStatus) => serveUnix(handler, path, { taskStatus }),
    connect: () => openUnixSocket(path),
  };
}
