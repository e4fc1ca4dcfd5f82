import { isCancelled } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { isIP } from 'node:net';
import { ConnectionFailedError } from './connection-failed-error.ts';
import { currentHostnameResolver } from './hostname-resolver.ts';
import { requireHost, requirePort } from './require-port.ts';

/** Where datagrams go. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  readonly family: number;
}

/**
 * The address of a peer in the family that a socket has.
 *
 * @throws {ConnectionFailedError} when there is none.
 */
export async function resolvePeer(
  host: string,
  port: number,
  family: number | undefined,
  operation: string,
): Promise<Peer> {
  requireHost(host, operation);
  requirePort(port, operation, 1);
  const given = isIP(host);
  if (given !== 0) return { address: host, port, family: given };
  try {
    const addresses = await currentHostnameResolver().resolve(host);
    const found = addresses.find((address) => family === undefined || address.family === family);
    if (found !== undefined) return { address: found.address, port, family: found.family };
  } catch (error) {
    if (isCancelled(error)) throw error;
    throw new ConnectionFailedError(`${operation}: the address of ${host} was not found: ${describeError(error)}`, [
      error,
    ]);
  }
  throw new ConnectionFailedError(
    `${operation}: no address was found for ${host}${family === undefined ? '' : ` in IPv${family}`}`,
    [],
  );
}
