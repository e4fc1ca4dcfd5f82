import type { Duration } from '@tercet/core';
import { toMilliseconds } from '@tercet/core/lowlevel';
import type { Socket } from 'node:net';
import { formatHostAndPort } from '../addresses/socket-address.ts';
import type { SocketAddress } from '../addresses/socket-address.ts';
import { SocketReader } from '../sockets/socket-reader.ts';
import { socketStreamOf } from '../sockets/socket-stream.ts';
import type { SocketOrigin, SocketStream } from '../sockets/socket-stream.ts';
import { connectSocket } from './connect-socket.ts';
import { ConnectionFailedError, isSystemError } from '../addresses/connection-failed-error.ts';
import { alternateFamily, happyEyeballs } from './happy-eyeballs.ts';
import type { ResolvedAddress } from '../addresses/hostname-resolver.ts';
import { requirePort } from '../addresses/require-port.ts';
import { resolveHost } from '../addresses/resolve-host.ts';

/**
 * How to connect.
 *
 * @example
 * await openNursery(async (nursery) => {
 *   const [listener] = await nursery.start<SocketListener[]>((taskStatus) =>
 *     serveTcp((stream) => stream.sendAll('hello'), 0, { host: 'localhost', taskStatus }),
 *   );
 *   const options: OpenTcpStreamOptions = { happyEyeballsDelay: { milliseconds: 100 }, noDelay: true };
 *   await using stream = await openTcpStream('localhost', listener!.port, options);
 *   console.log(await stream.receiveSome());
 *   nursery.cancelScope.cancel();
 * });
 */
export interface OpenTcpStreamOptions {
  /**
   * How long an attempt to connect may take before the next address is tried as well: milliseconds, 250 by default.
   * `Infinity`: the next address is tried only when the attempt before has failed.
   */
  readonly happyEyeballsDelay?: Duration;
  /** The address to connect from. Addresses of the other family then cannot be reached. */
  readonly localAddress?: string;
  /** Whether small pieces of data are sent at once instead of being collected; true when left out. */
  readonly noDelay?: boolean;
}

interface Attempt {
  readonly socket: Socket;
  readonly origin: SocketOrigin;
}

/**
 * Connects to a host over TCP. If it has several addresses, they are tried as RFC 8305 says: attempts begin one after the
 * other, a moment apart, and earlier ones go on. The first connection wins, and all other attempts are ended.
 *
 * A checkpoint. When it is cancelled, it leaves no socket behind.
 *
 * @param host a name or an IP address.
 * @throws {ConnectionFailedError} when the host has no address, or no connection could be made to any of them.
 * @throws {TypeError} when an argument has another type. @throws {RangeError} when the port cannot exist.
 * @example
 * await using stream = await openTcpStream('example.org', 80);
 */
export async function openTcpStream(
  host: string,
  port: number,
  options: OpenTcpStreamOptions = {},
): Promise<SocketStream> {
  const operation = 'openTcpStream()';
  requirePort(port, operation, 1);
  const delay = toMilliseconds(options.happyEyeballsDelay ?? 250, operation);
  const connect = (address: ResolvedAddress): Promise<Attempt> => attempt(address, port, options);
  const addresses = alternateFamily(await resolveHost(host, operation));
  const outcome =
    addresses.length === 1 ? await connectAlone(connect, addresses[0]!) : await race(connect, addresses, delay);
  if ('winner' in outcome) return makeStream(outcome.winner);
  throw failure(host, port, operation, outcome.errors);
}

async function attempt(target: ResolvedAddress, port: number, options: OpenTcpStreamOptions): Promise<Attempt> {
  const reader = new SocketReader();
  const socket = await connectSocket({
    host: target.address,
    port,
    allowHalfOpen: true,
    autoSelectFamily: false,
    noDelay: options.noDelay ?? true,
    onread: reader.onread,
    ...(options.localAddress === undefined ? undefined : { localAddress: options.localAddress }),
  } as Parameters<typeof connectSocket>[0]);
  return { socket, origin: { reader, ...remoteOf(target, port) } };
}

/** The peer's address, if it is known without asking the system, which is expensive. The system may write IPv6 differently. */
function remoteOf({ address, family }: ResolvedAddress, port: number): { remote?: SocketAddress } {
  return family === 4 && address !== '0.0.0.0' ? { remote: { family: 'IPv4', address, port } } : {};
}

type Outcome = { winner: Attempt } | { errors: readonly unknown[] };

async function connectAlone(
  connect: (address: ResolvedAddress) => Promise<Attempt>,
  address: ResolvedAddress,
): Promise<Outcome> {
  try {
    return { winner: await connect(address) };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return { errors: [error] };
  }
}

function race(
  connect: (address: ResolvedAddress) => Promise<Attempt>,
  addresses: readonly ResolvedAddress[],
  delay: number,
): Promise<Outcome> {
  return happyEyeballs(addresses, { delay, connect, discard: ({ socket }) => void socket.destroy() });
}

function makeStream({ socket, origin }: Attempt): SocketStream {
  try {
    return socketStreamOf(socket, origin);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function failure(host: string, port: number, operation: string, errors: readonly unknown[]): ConnectionFailedError {
  const reasons = errors.map((error) => (error as Error).message).join('; ');
  const all = errors.length > 1 ? 'all attempts to connect' : 'the attempt to connect';
  return new ConnectionFailedError(
    `${operation}: ${all} to ${formatHostAndPort(host, port)} failed: ${reasons}`,
    errors,
  );
}
