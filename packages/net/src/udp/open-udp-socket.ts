import { runOutside } from '@tercet/core/lowlevel';
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { requirePort } from '../addresses/require-port.ts';
import { resolvePeer } from '../addresses/resolve-peer.ts';
import { untilReady } from '../sockets/until-ready.ts';
import { UdpSocket } from './udp-socket.ts';

/**
 * The local address of a UDP socket, and its peer if it is connected.
 *
 * @example
 * await using server = await openUdpSocket({ host: '127.0.0.1', maxBufferSize: 100 });
 * await using client = await openUdpSocket({ connect: { host: '127.0.0.1', port: server.port } });
 * await client.send('hello');
 * await server.receive();
 */
export interface OpenUdpSocketOptions {
  /** The address on which it receives, an IP address; all of the machine's when left out. */
  readonly host?: string;
  /** The port on which it receives; one that is free when left out or 0. */
  readonly port?: number;
  /** The family of addresses; that of `host` or of `connect` when left out, and IPv4 without them. */
  readonly family?: 4 | 6;
  /** The one peer that it sends to and receives from. */
  readonly connect?: { readonly host: string; readonly port: number };
  /** How many datagrams wait to be received at most; any more are dropped. 1024 when left out. */
  readonly maxBufferSize?: number;
  /** Whether other sockets may have the same address and port, as those of a multicast group do. */
  readonly reuseAddress?: boolean;
}

const operation = 'openUdpSocket()';

/**
 * Opens a socket for datagrams. A checkpoint. When it is cancelled, it leaves nothing open.
 *
 * @throws the error of the operating system, with code `EADDRINUSE` when the port is taken.
 * @throws {ConnectionFailedError} when the host of `connect` has no address of the family.
 * @throws {TypeError} when an option has another type. @throws {RangeError} when one is out of range.
 * @example
 * await using socket = await openUdpSocket({ port: 5353 });
 * for await (const { data, address, port } of socket) await socket.send(data, address, port);
 */
export async function openUdpSocket(options: OpenUdpSocketOptions = {}): Promise<UdpSocket> {
  const { host, port = 0, connect, maxBufferSize = 1024 } = options;
  requirePort(port, operation, 0);
  if (host !== undefined && isIP(host) === 0) {
    throw new TypeError(`${operation}: the host must be an IP address, not ${String(host)}`);
  }
  requireSize(maxBufferSize);
  const hinted = options.family ?? (host === undefined ? undefined : isIP(host));
  const peer = connect === undefined ? undefined : await resolvePeer(connect.host, connect.port, hinted, operation);
  const family = hinted ?? peer?.family ?? 4;
  const event = peer === undefined ? 'listening' : 'connect';
  const socket = await untilReady('a UDP socket that is bound', event, () => {
    const opening = runOutside(() =>
      createSocket({ type: family === 6 ? 'udp6' : 'udp4', reuseAddr: options.reuseAddress ?? false }),
    );
    const onBound = (): unknown => peer && opening.connect(peer.port, peer.address);
    return host === undefined ? opening.bind(port, onBound) : opening.bind(port, host, onBound);
  });
  return new UdpSocket(socket, maxBufferSize);
}

function requireSize(size: number): void {
  if (size !== Infinity && !Number.isInteger(size)) {
    throw new TypeError(`${operation}: maxBufferSize must be an integer, not ${String(size)}`);
  }
  if (size < 1) throw new RangeError(`${operation}: maxBufferSize must be at least 1, but is ${size}`);
}
