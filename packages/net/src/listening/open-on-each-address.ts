import { isCancelled, StateError } from '@tercet/core';
import type { ListenOptions } from 'node:net';
import { isSystemError } from '../addresses/connection-failed-error.ts';
import type { ResolvedAddress } from '../addresses/hostname-resolver.ts';
import { requirePort } from '../addresses/require-port.ts';
import { resolveHost } from '../addresses/resolve-host.ts';
import { requireBacklog } from './listen.ts';

/** Where to listen, and how. */
export interface ListenTarget {
  readonly host?: string;
  readonly backlog?: number;
  readonly reusePort?: boolean;
}

/** A listener on one address. */
interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

const WILDCARDS: readonly ResolvedAddress[] = [
  { address: '::', family: 6 },
  { address: '0.0.0.0', family: 4 },
];

/** Number of attempts to find a port that is free on all addresses. */
const PORT_ATTEMPTS = 10;

/**
 * Calls `open` for each of the addresses that a host stands for, with the same port. Without a host these are those of IPv6
 * and IPv4, and a family that the machine does not have is left out. When one fails, the others are closed.
 *
 * @param port 0 for one that is free.
 * @throws {ConnectionFailedError} when the host has no address. @throws the error of `open`.
 * @throws {TypeError} when an argument has another type. @throws {RangeError} when the port cannot exist.
 * @throws {StateError} when `reusePort` is asked of a Node that does not have it.
 */
export async function openOnEachAddress<L extends Listening>(
  port: number,
  { host, backlog, reusePort }: ListenTarget,
  operation: string,
  open: (options: ListenOptions) => Promise<L>,
): Promise<L[]> {
  requirePort(port, operation, 0);
  const options = { backlog: requireBacklog(backlog, operation), reusePort: requireReusePort(reusePort, operation) };
  const isWildcard = host === undefined;
  const addresses = isWildcard ? WILDCARDS : await resolveHost(host, operation);
  for (let attempt = 1; ; attempt++) {
    try {
      return await openAll(addresses, port, isWildcard, (target) => open({ ...options, ...target }));
    } catch (error) {
      // The port that the first listener has found is taken on another address.
      const mayTryAgain = port === 0 && addresses.length > 1 && attempt < PORT_ATTEMPTS;
      if (!mayTryAgain || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

async function openAll<L extends Listening>(
  addresses: readonly ResolvedAddress[],
  port: number,
  isWildcard: boolean,
  open: (target: ListenOptions) => Promise<L>,
): Promise<L[]> {
  const listeners: L[] = [];
  let missing: unknown = undefined;
  try {
    for (const { address, family } of addresses) {
      try {
        listeners.push(await open({ host: address, port: listeners[0]?.port ?? port, ipv6Only: family === 6 }));
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

// Node 20 would ignore it, and the second process would fail with EADDRINUSE.
function requireReusePort(reusePort: boolean | undefined, operation: string): boolean {
  if (reusePort === true && Number.parseInt(process.versions.node) < 22) {
    throw new StateError(`${operation}: reusePort needs Node 22.12, and this is Node ${process.versions.node}`);
  }
  return reusePort ?? false;
}

function isFamilyMissing(error: unknown): boolean {
  return isSystemError(error) && (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL');
}
