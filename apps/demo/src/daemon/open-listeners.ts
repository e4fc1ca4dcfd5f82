import { rethrowIfCancelled, shielded } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import {
  formatAddress,
  openTcpListeners,
  openTlsListeners,
  openUnixListener,
  TlsListener,
  type SocketListener,
  type TcpTlsListener,
} from '@tercet/net';
import { readCertificate, readKey } from '../input/read-pem.ts';
import { UsageError } from '../usage-error.ts';
import type { ListenConfig, TlsConfig } from './config.ts';

/** Where clients come in. */
export type ClientListener = SocketListener | TcpTlsListener;

/** Opens all of them, or none. @throws {UsageError} when a place is taken, or a certificate or a key cannot be used. */
export async function openListeners({ unix, tcp, tls }: ListenConfig): Promise<ClientListener[]> {
  const opened: ClientListener[] = [];
  try {
    if (unix !== undefined) opened.push(await openUnixListener(unix, { mode: 0o600 }));
    if (tcp !== undefined) opened.push(...(await openTcpListeners(tcp.port, { host: tcp.host })));
    if (tls !== undefined) opened.push(...(await openTls(tls)));
    return opened;
  } catch (error) {
    for (const listener of opened) await shielded(() => listener.close());
    rethrowIfCancelled(error);
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot listen: ${describeError(error)}`, { cause: error });
  }
}

/** The address as clients give it: a path, `tcp://host:port`, `tls://host:port`. */
export function addressOf(listener: ClientListener): string {
  const isTls = listener instanceof TlsListener;
  const { localAddress } = isTls ? listener.transport : listener;
  const address = formatAddress(localAddress);
  return localAddress.family === 'unix' ? address : `${isTls ? 'tls' : 'tcp'}://${address}`;
}

async function openTls({ host, port, ...files }: TlsConfig): Promise<TcpTlsListener[]> {
  const cert = await readCertificate(files.cert);
  const key = await readKey(files.key);
  // Then nobody comes in whose certificate this authority has not signed.
  const clients = files.clients === undefined ? {} : { requestCert: true, ca: await readCertificate(files.clients) };
  return openTlsListeners(port, { host, cert, key, ...clients });
}
