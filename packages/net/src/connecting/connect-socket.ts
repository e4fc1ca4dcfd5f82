import type { NetConnectOpts, Socket } from 'node:net';
import { currentSocketFactory } from '../sockets/socket-factory.ts';
import { untilReady } from '../sockets/until-ready.ts';

/**
 * Makes one connection. A checkpoint. When it is cancelled, the socket is destroyed.
 *
 * @throws the error of the socket.
 */
export function connectSocket(options: NetConnectOpts): Promise<Socket> {
  return untilReady('a connection', 'connect', () => currentSocketFactory().connect(options));
}
