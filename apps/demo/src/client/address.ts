import { openTcpStream, openTlsStream, openUnixSocket } from '@tercet/net';
import { closeForcefully, type Stream } from '@tercet/streams';
import { UsageError } from '../usage-error.ts';

/** Where a daemon can be reached: the path of a socket, `tcp://host:port` or `tls://host:port`. */
export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp' | 'tls'; readonly host: string; readonly port: number };

/** What a client of TLS trusts, and shows: texts in PEM. */
export interface Credentials {
  /** Who signs the certificates of daemons; what Node trusts when left out. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** @throws {UsageError} when it is none. */
export function parseAddress(text: string): Address {
  if (!text.includes('://')) return { kind: 'unix', path: text };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'unix:') return { kind: 'unix', path: url.pathname };
  if ((url?.protocol === 'tcp:' || url?.protocol === 'tls:') && url.port !== '') {
    const kind = url.protocol === 'tcp:' ? 'tcp' : 'tls';
    return { kind, host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
  }
  throw new UsageError(`"${text}" is no address; it must be the path of a socket, tcp://host:port or tls://host:port`);
}

export async function connect(address: Address, credentials: Credentials): Promise<Stream> {
  switch (address.kind) {
    case 'unix':
      return openUnixSocket(address.path);
    case 'tcp':
      return openTcpStream(address.host, address.port);
    case 'tls':
      return openTls(address.host, address.port, credentials);
  }
}

/** With the handshake, so that who cannot be trusted is not talked to, and it is clear why. */
async function openTls(host: string, port: number, credentials: Credentials): Promise<Stream> {
  const stream = await openTlsStream(host, port, credentials);
  try {
    await stream.doHandshake();
    return stream;
  } catch (error) {
    await closeForcefully(stream);
    throw error;
  }
}
