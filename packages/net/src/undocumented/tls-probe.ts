import { runOutside } from '@tercet/core/lowlevel';
import { once } from 'node:events';
import { connect as connectTcp, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect, TLSSocket } from 'node:tls';
import { isDocumentedOnly } from './documented-only.ts';
import { giveOnread, watchEnd } from './tls-on-socket.ts';

/** How long the probe waits for each step: milliseconds. */
const LIMIT = 1000;

const ignore = (): void => undefined;

let probed: Promise<boolean> | undefined = undefined;

/** Whether TLS can work on sockets themselves in this process. Tried until there is an answer, which takes a few milliseconds. */
export function worksNatively(): Promise<boolean> {
  if (isDocumentedOnly()) return Promise.resolve(false);
  return (probed ??= runOutside(async () => {
    try {
      return await probe();
      // oxlint-disable-next-line @tercet/no-swallowed-cancel -- this runs outside of every scope
    } catch {
      // No answer: the machine is too busy, or no descriptor is left. The next connection tries again.
      probed = undefined;
      return false;
    }
  }));
}

// Two sockets of this process, with a key that both know, because there is no certificate at hand. One end announces its
// end, the other one is cut off. Each must recognize how the other has ended, and receive the bytes before that.
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
    if (far.isCutOff || far.received !== 'announced'.length) return false;
    raw[1].end();
    await near.ended;
    return near.isCutOff;
  } finally {
    for (const socket of raw) socket.destroy();
  }
}

interface Watched {
  readonly socket: TLSSocket;
  readonly ended: Promise<unknown>;
  /** Number of bytes that have come. */
  received: number;
  isCutOff: boolean;
}

function watch(raw: Socket, startTls: (socket: Socket) => TLSSocket): Watched {
  const socket = startTls(raw);
  const ended = once(socket, 'end', { signal: AbortSignal.timeout(LIMIT) });
  ended.catch(() => undefined);
  const watched: Watched = { socket, ended, received: 0, isCutOff: false };
  const memory = new Uint8Array(1024);
  const isStopped = (): boolean => false;
  watchEnd(socket, raw, isStopped, () => (watched.isCutOff = true));
  giveOnread(socket, { buffer: () => memory, callback: (size) => (watched.received += size) > 0 });
  socket.on('error', () => undefined).resume();
  return watched;
}

async function connectedPair(): Promise<[Socket, Socket]> {
  const signal = AbortSignal.timeout(LIMIT);
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  // Listeners that stay: an error may come after the wait for an event has been given up, and must not end the process.
  const sockets: Socket[] = [];
  const add = (socket: Socket): Socket => (sockets.push(socket), socket.on('error', ignore));
  server.on('error', ignore).on('connection', add);
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening', { signal });
    const accepted = once(server, 'connection', { signal }) as Promise<[Socket]>;
    const { port } = server.address() as AddressInfo;
    const near = add(connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true }));
    const [[far]] = await Promise.all([accepted, once(near, 'connect', { signal })]);
    return [near, far];
  } catch (error) {
    for (const socket of sockets) socket.destroy();
    throw error;
  } finally {
    server.close();
  }
}
