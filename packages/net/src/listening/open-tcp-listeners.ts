import { isCancelled, StateError } from '@tercet/core';
import { isIP } from 'node:net';
import type { ListenOptions } from 'node:net';
import { ConnectionFailedError, isSystemError } from '../addresses/connection-failed-error.ts';
import { currentHostnameResolver } from '../addresses/hostname-resolver.ts';
import type { ResolvedAddress } from '../addresses/hostname-resolver.ts';
import { requireHost, requirePort } from '../addresses/require-port.ts';
import { listen, requireBacklog } from './listen.ts';
import { SocketListener } from './socket-listener.ts';

/** How to listen. */
export interface OpenTcpListenersOptions {
  /** A name or an IP address; all of the machine's addresses when left out. */
  readonly host?: string;
  /** How many connections the operating system keeps waiting; as many as it can when left out. */
  readonly backlog?: number;
  /**
   * Whether other processes may listen on the same port, if they ask for the same, and connections are spread over them.
   * Not on Node 20.
   */
  readonly reusePort?: boolean;
  /** Whether small pieces of data are sent at once instead of being collected; true when left out. */
  readonly noDelay?: boolean;
}

const operation = 'openTcpListeners()';

const WILDCARDS: readonly ResolvedAddress[] = [
  { address: '::', family: 6 },
  { address: '0.0.0.0', family: 4 },
];

/** How often a port that is free for the first address may turn out to be taken for another one. */
const PORT_ATTEMPTS = 10;

/**
 * Listens for TCP connections, on each of the addresses that `host` stands for: without a host that is one listener for
 * IPv6 and one for IPv4. A family that the machine does not have is left out.
 *
 * A checkpoint. Cancelled, it leaves nothing open.
 *
 * @param port 0 for one that is free, the same one for all listeners; `listener.port` tells it.
 * @throws the error of the operating system when it cannot listen there, for instance one with code `EADDRINUSE`.
 * @throws {ConnectionFailedError} when the host has no address.
 * @throws {TypeError} when an argument has another type. @throws {RangeError} when the port cannot exist.
 * @throws {StateError} when `reusePort` is asked of a Node that does not have it.
 * @example
 * const [listener] = await openTcpListeners(0, { host: '127.0.0.1' });
 */
export async function openTcpListeners(port: number, options: OpenTcpListenersOptions = {}): Promise<SocketListener[]> {
  requirePort(port, operation, 0);
  const listenOptions = {
    backlog: requireBacklog(options.backlog, operation),
    reusePort: requireReusePort(options.reusePort),
  };
  const isWildcard = options.host === undefined;
  const addresses = isWildcard ? WILDCARDS : await resolve(options.host);
  for (let attempt = 1; ; attempt++) {
    try {
      return await listenOnAll(addresses, port, listenOptions, options, isWildcard);
    } catch (error) {
      // The port that the first listener has found is taken on another address.
      const mayTryAgain = port === 0 && addresses.length > 1 && attempt < PORT_ATTEMPTS;
      if (!mayTryAgain || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

async function listenOnAll(
  addresses: readonly ResolvedAddress[],
  port: number,
  listenOptions: ListenOptions,
  options: OpenTcpListenersOptions,
  isWildcard: boolean,
): Promise<SocketListener[]> {
  const listeners: SocketListener[] = [];
  let missing: unknown = undefined;
  try {
    for (const { address, family } of addresses) {
      const target = { ...listenOptions, host: address, port: listeners[0]?.port ?? port, ipv6Only: family === 6 };
      try {
        listeners.push(new SocketListener(await listen(target), { noDelay: options.noDelay ?? true }));
      } catch (error) {
        if (!isWildcard || isCancelled(error) || !isFamilyMissing(error)) throw error;
        missing = error;
      }
    }
    if (listeners.length === 0) throw missing;
  } catch (error) {
    for (const listener of listeners) void listener.close().catch(() => undefined);
    throw error;
  }
  return listeners;
}

async function resolve(host: string): Promise<readonly ResolvedAddress[]> {
  requireHost(host, operation);
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family: family as 4 | 6 }];
  const addresses = await currentHostnameResolver().resolve(host);
  if (addresses.length > 0) return addresses;
  throw new ConnectionFailedError(`${operation}: no address was found for ${host}`, []);
}

// Node 20 would ignore it, and the second process would fail with EADDRINUSE.
function requireReusePort(reusePort: boolean | undefined): boolean {
  if (reusePort === true && Number.parseInt(process.versions.node) < 22) {
    throw new StateError(`${operation}: reusePort needs Node 22.12, and this is Node ${process.versions.node}`);
  }
  return reusePort ?? false;
}

function isFamilyMissing(error: unknown): boolean {
  return isSystemError(error) && (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL');
}
