import { RunVar, runOutside } from '@tercet/core/lowlevel';
import { connect, createServer } from 'node:net';
import type { NetConnectOpts, Server, ServerOpts, Socket } from 'node:net';

/**
 * Makes sockets and servers.
 *
 * @example
 * import { Socket } from 'node:net';
 *
 * // The network is down: no connection is ever made.
 * const unplugged: SocketFactory = { connect: () => new Socket() };
 * setSocketFactory(unplugged);
 * await moveOnAfter(5, () => openTcpStream('127.0.0.1', 80)); // undefined
 */
export interface SocketFactory {
  /** Makes a socket that connects, as `net.connect` does: it emits `'connect'` or `'error'` later. */
  connect?(options: NetConnectOpts): Socket;
  /** Makes a server that does not listen yet, as `net.createServer` does. */
  createServer?(options: ServerOpts): Server;
}

// Sockets and servers keep the async context in which they were made alive, and do not need it.
const systemFactory: Required<SocketFactory> = {
  connect: (options) => runOutside(() => connect(options)),
  createServer: (options) => runOutside(() => createServer(options)),
};

const factory = new RunVar<Required<SocketFactory>>('socket factory', { default: systemFactory });

/**
 * Replaces the functions that make sockets and servers, for the whole run; for tests. Node's are used for those left out.
 *
 * @param replacement `undefined` for those of Node.
 * @throws {StateError} outside of a run.
 * @example
 * import { connect } from 'node:net';
 *
 * const asked: unknown[] = [];
 * setSocketFactory({
 *   connect(options) {
 *     asked.push(options); // to see where the program connects to
 *     return connect(options);
 *   },
 * });
 * setSocketFactory(undefined); // Node's own functions again
 */
export function setSocketFactory(replacement: SocketFactory | undefined): void {
  factory.set({ ...systemFactory, ...replacement });
}

/** The maker of this run's sockets. */
export function currentSocketFactory(): Required<SocketFactory> {
  return factory.get();
}
