import { RunVar, runOutside } from '@tercet/core/lowlevel';
import { connect, createServer } from 'node:net';
import type { NetConnectOpts, Server, ServerOpts, Socket } from 'node:net';

/** Makes sockets and servers. */
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
 */
export function setSocketFactory(replacement: SocketFactory | undefined): void {
  factory.set({ ...systemFactory, ...replacement });
}

/** The maker of this run's sockets. */
export function currentSocketFactory(): Required<SocketFactory> {
  return factory.get();
}
