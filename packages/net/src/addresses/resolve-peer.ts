import { isIP } from 'node:net';
import { ConnectionFailedError } from './connection-failed-error.ts';
import { requirePort } from './require-port.ts';
import { resolveHost } from './resolve-host.ts';

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
  requirePort(port, operation, 1);
  const isAddress = isIP(host) !== 0;
  const addresses = await resolveHost(host, operation);
  const found = addresses.find((each) => isAddress || family === undefined || each.family === family);
  if (found !== undefined) return { ...found, port };
  throw new ConnectionFailedError(`${operation}: no address was found for ${host} in IPv${family}`, []);
}
