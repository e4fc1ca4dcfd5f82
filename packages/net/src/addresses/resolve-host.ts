import { isCancelled } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { isIP } from 'node:net';
import { ConnectionFailedError, isSystemError } from './connection-failed-error.ts';
import { currentHostnameResolver } from './hostname-resolver.ts';
import type { ResolvedAddress } from './hostname-resolver.ts';
import { requireHost } from './require-port.ts';

/**
 * All addresses of a host, at least one. An IP address stands for itself.
 *
 * @throws {TypeError} when the host is not a string. @throws {RangeError} when it is empty.
 * @throws {ConnectionFailedError} when there are none, or the operating system cannot find out.
 */
export async function resolveHost(host: string, operation: string): Promise<readonly ResolvedAddress[]> {
  requireHost(host, operation);
  const family = isIP(host) as 0 | 4 | 6;
  if (family !== 0) return [{ address: host, family }];
  let addresses: readonly ResolvedAddress[];
  try {
    addresses = await currentHostnameResolver().resolve(host);
  } catch (error) {
    if (isCancelled(error) || !isSystemError(error)) throw error;
    const reason = describeError(error);
    throw new ConnectionFailedError(`${operation}: the address of ${host} was not found: ${reason}`, [error]);
  }
  if (addresses.length > 0) return addresses;
  throw new ConnectionFailedError(`${operation}: no address was found for ${host}`, []);
}
