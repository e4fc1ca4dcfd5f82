import type { Server, Socket } from 'node:net';

/**
 * One end of a connection.
 *
 * @example
 * const address: SocketAddress = { family: 'IPv6', address: '::1', port: 8080 };
 * formatAddress(address); // '[::1]:8080'
 */
export interface SocketAddress {
  readonly family: 'IPv4' | 'IPv6' | 'unix';
  /** The IP address; of a Unix socket the path, which is empty for an end without a name. */
  readonly address: string;
  /** The port; 0 for a Unix socket. */
  readonly port: number;
}

/** The end of a Unix socket that has no name, or one that could not be found out. */
export const unnamed: SocketAddress = { family: 'unix', address: '', port: 0 };

/**
 * As it is written: `127.0.0.1:80`, `[::1]:80`, `/run/app.sock`.
 *
 * @example
 * console.log(`connected to ${formatAddress(stream.remoteAddress)}`);
 */
export function formatAddress(address: SocketAddress): string {
  return address.family === 'unix' ? address.address : formatHostAndPort(address.address, address.port);
}

/** `localhost:80`, or with brackets when the host contains colons: `[::1]:80`. */
export function formatHostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The name of a connection in errors. */
export function describeConnection(local: SocketAddress | undefined, remote: SocketAddress | undefined): string {
  const from = local === undefined ? '' : formatAddress(local);
  const to = remote === undefined ? '' : formatAddress(remote);
  if (from === '') return to === '' ? 'the connection' : `the connection to ${to}`;
  return to === '' ? `the connection at ${from}` : `the connection from ${from} to ${to}`;
}

/** The near or the far end of a TCP socket of Node; `undefined` when it is not connected, or not TCP. */
export function addressOf(socket: Socket, end: 'local' | 'remote'): SocketAddress | undefined {
  const address = end === 'local' ? socket.localAddress : socket.remoteAddress;
  const port = end === 'local' ? socket.localPort : socket.remotePort;
  if (address === undefined || port === undefined) return undefined;
  return { family: address.includes(':') ? 'IPv6' : 'IPv4', address, port };
}

/** Where a server of Node listens. */
export function addressOfServer(server: Server): SocketAddress {
  const address = server.address();
  if (address === null || typeof address === 'string') return { family: 'unix', address: address ?? '', port: 0 };
  return { family: address.family === 'IPv6' ? 'IPv6' : 'IPv4', address: address.address, port: address.port };
}
