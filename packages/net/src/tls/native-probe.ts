import { runOutside } from '@tercet/core/lowlevel';
import { once } from 'node:events';
import { connect as connectTcp, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect, TLSSocket } from 'node:tls';
import { documentedOnly } from '../undocumented/documented-only.ts';
import type { SocketReader } from '../sockets/socket-reader.ts';
import { readNatively } from './native-socket.ts';

/** For how long the probe waits: milliseconds. */
const LIMIT = 1000;

let probed: Promise<boolean> | undefined = undefined;

/** Whether TLS can work on sockets themselves in this process. Tried once, in a few milliseconds. */
export function worksNatively(): Promise<boolean> {
  if (documentedOnly) return Promise.resolve(false);
  return (probed ??= runOutside(async () => {
    try {
      return await probe();
      // oxlint-disable-next-line @tercet/no-swallowed-cancel -- this runs outside of every scope
    } catch {
      return false;
    }
  }));
}

// Two sockets of this process, with a key that both know, because there is no certificate at hand. One end says that
// nothing more comes, the other one ends without a word; each has to see it right, and the bytes before it.
const key = Buffer.alloc(32, 'tercet');
const secrets = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const;
const asServer = (socket: Socket): TLSSocket =>
  new TLSSocket(socket, { ...secrets, isServer: true, pskCallback: () => key } as ConstructorParameters<
    typeof TLSSocket
  >[1]);
const asClient = (socket: Socket): TLSSocket =>
  connect({
    ...secrets,
    socket,
    pskCallback: () => ({ psk: key, identity: 'tercet' }),
    checkServerIdentity: () => undefined,
  });

async function probe(): Promise<boolean> {
  const raw = await connectedPair();
  try {
    const [near, far] = [watch(raw[0], asClient), watch(raw[1], asServer)];
    near.socket.end('announced');
    await far.ended;
    if (far.isCutOff() || far.reader.buffer.size !== 'announced'.length) return false;
    raw[1].end();
    await near.ended;
    return near.isCutOff();
  } finally {
    for (const socket of raw) socket.destroy();
  }
}

interface Watched {
  readonly socket: TLSSocket;
  readonly reader: SocketReader;
  readonly ended: Promise<unknown>;
  isCutOff(): boolean;
}

function watch(raw: Socket, startTls: (socket: Socket) => TLSSocket): Watched {
  let isCutOff = false;
  const socket = startTls(raw);
  const reader = readNatively(socket, raw, () => (isCutOff = true));
  const ended = once(socket, 'end', { signal: AbortSignal.timeout(LIMIT) });
  ended.catch(() => undefined);
  return { socket, reader, ended, isCutOff: () => isCutOff };
}

async function connectedPair(): Promise<[Socket, Socket]> {
  const signal = AbortSignal.timeout(LIMIT);
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening', { signal });
    const accepted = once(server, 'connection', { signal }) as Promise<[Socket]>;
    const near = connectTcp({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
    const [[far]] = await Promise.all([accepted, once(near, 'connect', { signal })]);
    return [near, far];
  } finally {
    server.close();
  }
}
