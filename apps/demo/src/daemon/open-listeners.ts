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
import { UsageError } from '../input/usage-error.ts';
import { Token, usualTokenFile } from '../protocol/token-file.ts';
import type { ListenConfig, TcpConfig, TlsConfig } from './config.ts';

/** The listeners that a configuration can ask for. */
export type ClientListener = SocketListener | TcpTlsListener;

/** A listener, and what clients must show there. */
export interface Entrance {
  readonly listener: ClientListener;
  readonly address: string;
  /** The token that clients of this listener must send; without one, every client is admitted. */
  readonly token: Token | undefined;
}

/** Opens all of them, or none. @throws {UsageError} when a place is taken, or a file cannot be used. */
export async function openEntrances({ unix, tcp, tls }: ListenConfig): Promise<Entrance[]> {
  const opened: Entrance[] = [];
  const add = async (listeners: readonly ClientListener[], config?: TcpConfig): Promise<void> => {
    const entrances = listeners.map((listener) => ({ listener, address: addressOf(listener), token: undefined }));
    opened.push(...entrances);
    if (config === undefined) return;
    const files = config.token === undefined ? listeners.map(tokenFileOf) : [config.token];
    const token = await Token.make(files);
    opened.splice(opened.length - entrances.length, entrances.length, ...entrances.map((one) => ({ ...one, token })));
  };
  try {
    if (unix !== undefined) await add([await openUnixListener(unix, { mode: 0o600 })]);
    if (tcp !== undefined) await add(await openTcpListeners(tcp.port, { host: tcp.host }), tcp);
    // A client certificate makes a token unnecessary.
    if (tls !== undefined) await add(await openTls(tls), tls.clients === undefined ? tls : undefined);
    return opened;
  } catch (error) {
    await shielded(() => closeEntrances(opened));
    rethrowIfCancelled(error);
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot listen: ${describeError(error)}`, { cause: error });
  }
}

/** Closes all of them, also when one cannot be closed. @throws the first error. */
export async function closeEntrances(entrances: readonly Entrance[]): Promise<void> {
  const ends = await Promise.allSettled(entrances.map(closeEntrance));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

async function closeEntrance({ listener, token }: Entrance): Promise<void> {
  await listener.close();
  await token?.[Symbol.asyncDispose]();
}

/** The address as clients give it: a path, `tcp://host:port`, `tls://host:port`. */
function addressOf(listener: ClientListener): string {
  const isTls = listener instanceof TlsListener;
  const { localAddress } = isTls ? listener.transport : listener;
  const address = formatAddress(localAddress);
  return localAddress.family === 'unix' ? address : `${isTls ? 'tls' : 'tcp'}://${address}`;
}

function tokenFileOf(listener: ClientListener): string {
  const { address, port } = (listener instanceof TlsListener ? listener.transport : listener).localAddress;
  return usualTokenFile(address, port);
}

async function openTls({ host, port, ...files }: TlsConfig): Promise<TcpTlsListener[]> {
  const cert = await readCertificate(files.cert);
  const key = await readKey(files.key);
  // Node then refuses clients whose certificate this authority has not signed.
  const clients = files.clients === undefined ? {} : { requestCert: true, ca: await readCertificate(files.clients) };
  return openTlsListeners(port, { host, cert, key, ...clients });
}
