import { expect } from '@jest/globals';
import { abandonable, BrokenResourceError, openNursery, sleep } from '@tercet/core';
import { currentStatistics } from '@tercet/core/lowlevel';
import { StapledStream } from '@tercet/streams';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { openTlsStream, serveTcp, serveTls, TlsStream } from '../../src/index.ts';
import type { SocketListener, TcpTlsListener } from '../../src/index.ts';
import { textOf } from '../system-clock.ts';
import { authority, identity } from '../tls/tls-pairs.ts';

const CLIENTS = 25;

const ignore = (): void => undefined;

async function echo(stream: TlsStream): Promise<void> {
  try {
    for await (const chunk of stream) await stream.sendAll(chunk);
    await stream.close();
  } catch (error) {
    if (!(error instanceof BrokenResourceError)) throw error;
  }
}

type Listener = SocketListener | TcpTlsListener;
/** Serves TLS. */
export type Serve = (taskStatus: { started(listeners: Listener[]): void }) => Promise<void>;

/** The servers: TLS on sockets, and over any stream. */
export const overSockets: Serve = (taskStatus) =>
  serveTls(echo, 0, { ...identity, host: '127.0.0.1', taskStatus, onHandlerError: ignore });
export const overStreams: Serve = (taskStatus) =>
  serveTcp((tcp) => echo(new TlsStream(new StapledStream(tcp, tcp), { ...identity, serverSide: true })), 0, {
    host: '127.0.0.1',
    taskStatus,
  });

async function stillEchoes(port: number): Promise<void> {
  await using stream = await openTlsStream('127.0.0.1', port, { ca: authority.cert });
  await stream.sendAll('still there?');
  expect(textOf(await stream.receiveSome())).toBe('still there?');
}

/** The ways in which clients go away. */
const FATES: readonly ((port: number) => Promise<void>)[] = [
  async (port) => leave(connect(port, '127.0.0.1')),
  async (port) => void connect(port, '127.0.0.1').on('error', ignore).end('GET / HTTP/1.1\r\n\r\n'),
  // The beginning of a handshake, and no more of it.
  async (port) => leave(connect(port, '127.0.0.1'), Buffer.of(22, 3, 1, 2, 0, 1, 0, 1, 252)),
  async (port) => {
    const [raw, socket] = startTls(port);
    await sleep(Math.random() * 3);
    leaveTls(raw, socket);
  },
  async (port) => {
    const [raw, socket] = startTls(port, { rejectUnauthorized: true });
    await ended(raw);
    leaveTls(raw, socket);
  },
  async (port) => {
    const [raw, socket] = startTls(port);
    await secured(socket);
    leaveTls(raw, socket);
  },
  async (port) => {
    const [raw, socket] = startTls(port);
    await secured(socket);
    socket.write(Buffer.alloc(300_000));
    await sleep(1);
    leaveTls(raw, socket);
  },
  async (port) => {
    const [raw, socket] = startTls(port);
    await secured(socket);
    socket.end('bye');
    await ended(raw);
  },
  // An end without a word.
  async (port) => {
    const [raw, socket] = startTls(port);
    await secured(socket);
    raw.end();
    await sleep(1);
    leaveTls(raw, socket);
  },
  // Bytes in the middle that are not a record.
  async (port) => {
    const [raw, socket] = startTls(port);
    await secured(socket);
    raw.write('nonsense in between');
    await ended(raw);
    leaveTls(raw, socket);
  },
];

function startTls(port: number, options = { rejectUnauthorized: false }): [Socket, TLSSocket] {
  const raw = connect(port, '127.0.0.1').on('error', ignore);
  const socket = connectTls({ socket: raw, ...options }).on('error', ignore);
  socket.resume();
  return [raw, socket];
}

async function leave(raw: Socket, data?: Uint8Array): Promise<void> {
  raw.on('error', ignore);
  if (data !== undefined) raw.write(data);
  await sleep(Math.random() * 3);
  goAway(raw);
}

function leaveTls(raw: Socket, socket: TLSSocket): void {
  if (Math.random() < 0.5) socket.destroy();
  else goAway(raw);
}

function goAway(raw: Socket): void {
  // Node cannot reset a socket that is sending its end, and its process would never end.
  if (raw.writableEnded || Math.random() < 0.5) raw.destroy();
  else raw.resetAndDestroy();
}

function secured(socket: TLSSocket): Promise<unknown> {
  return abandonable(new Promise((resolve) => void socket.once('secureConnect', resolve).once('close', resolve)));
}

function ended(raw: Socket): Promise<unknown> {
  return raw.destroyed ? sleep(0) : abandonable(once(raw, 'close').catch(ignore));
}

/**
 * Lets clients connect to a server of TLS, and go away in every state, one after the other of what there is; then the server
 * must still answer, and nothing of them be left, however long that takes.
 */
export async function dropTlsConnections(serve: Serve, count: number): Promise<void> {
  await openNursery(async (nursery) => {
    const [listener] = await nursery.start<Listener[]>(serve);
    const { port } = listener!;
    await stillEchoes(port);
    await sleep(10);
    const before = currentStatistics().tasksLiving;
    const handles = openSockets();
    let next = 0;
    await openNursery((clients) => {
      for (let client = 0; client < CLIENTS; client++) {
        clients.startSoon(async () => {
          while (next < count) await FATES[next++ % FATES.length]!(port);
        });
      }
    });
    await stillEchoes(port);
    // The first connection may be among those that were counted.
    while (currentStatistics().tasksLiving > before || openSockets() > handles) await sleep(10);
    nursery.cancelScope.cancel();
  });
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}
