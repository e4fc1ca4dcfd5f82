import { openTcpStream, openTlsStream, openUnixSocket } from '@tercet/net';
import { closeForcefully, type Stream } from '@tercet/streams';
import { findToken } from '../protocol/token-file.ts';
import { UsageError } from '../input/usage-error.ts';

/** Where a daemon can be reached: the path of a socket, `tcp://host:port` or `tls://host:port`. */
export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp' | 'tls'; readonly host: string; readonly port: number };

/** The token or certificate of a client and, for TLS, the authorities that it trusts, as texts in PEM. */
export interface Credentials {
  /** The token that the daemon at a port has written to a file. When left out, it is read from the usual place. */
  readonly token?: string | undefined;
  /** The authority that signs the certificates of daemons; by default those that Node trusts. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** @throws {UsageError} when it is not an address. */
export function parseAddress(text: string): Address {
  if (!text.includes('://')) return { kind: 'unix', path: text };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'unix:') return { kind: 'unix', path: url.pathname };
  if ((url?.protocol === 'tcp:' || url?.protocol === 'tls:') && url.port !== '') {
    const kind = url.protocol === 'tcp:' ? 'tcp' : 'tls';
    return { kind, host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
  }
  throw new UsageError(
    `"${text}" is not an address; it must be the path of a socket, tcp://host:port or tls://host:port`,
  );
}

/** The address to connect to, and the token to show there, if there is one. */
export async function withToken(
  address: Address,
  token: string | undefined,
): Promise<{ readonly address: Address; readonly token?: string }> {
  if (address.kind === 'unix') return { address };
  if (token !== undefined) return { address, token };
  const found = await findToken(address.host, address.port);
  if (found === undefined) return { address };
  // TLS has verified the name in the address.
  return { address: address.kind === 'tls' ? address : { ...address, host: found.host }, token: found.token };
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

/** Does the handshake first, so that nothing is sent to a daemon that cannot be trusted, and the error says why. */
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
