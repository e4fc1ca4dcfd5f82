import { openTcpStream, openUnixSocket } from '@tercet/net';
import type { Stream } from '@tercet/streams';
import { UsageError } from '../usage-error.ts';

/** Where a daemon can be reached: the path of a socket, or `tcp://host:port`. */
export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** @throws {UsageError} when it is none. */
export function parseAddress(text: string): Address {
  if (!text.includes('://')) return { kind: 'unix', path: text };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'unix:') return { kind: 'unix', path: url.pathname };
  if (url?.protocol === 'tcp:' && url.port !== '') {
    return { kind: 'tcp', host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
  }
  throw new UsageError(`"${text}" is no address; it must be the path of a socket, or tcp://host:port`);
}

export function connect(address: Address): Promise<Stream> {
  return address.kind === 'unix' ? openUnixSocket(address.path) : openTcpStream(address.host, address.port);
}
