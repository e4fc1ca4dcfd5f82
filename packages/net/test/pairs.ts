import { abortable, all } from '@tercet/core';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { openTcpListeners, openTcpStream, openUnixListener, openUnixSocket, SocketStream } from '../src/index.ts';
import type { SocketListener } from '../src/index.ts';
import { hold, withSocketPath } from './system-clock.ts';

type Pair = [SocketStream, SocketStream];

/** Listeners that are closed at the end of the test. */
export async function openListeners(...args: Parameters<typeof openTcpListeners>): Promise<SocketListener[]> {
  return (await openTcpListeners(...args)).map(hold);
}

/** Two ends of a TCP connection. */
export async function tcpPair(): Promise<Pair> {
  const [listener] = await openTcpListeners(0, { host: '127.0.0.1' });
  await using _closing = listener!;
  const pair = await all([() => openTcpStream('127.0.0.1', listener!.port), () => listener!.accept()]);
  return pair.map(hold) as Pair;
}

/** Two ends of a connection over a Unix socket. */
export function unixPair(): Promise<Pair> {
  return withSocketPath(async (path) => {
    await using listener = await openUnixListener(path);
    const pair = await all([() => openUnixSocket(path), () => listener.accept()]);
    return pair.map(hold) as Pair;
  });
}

/** Two sockets of Node that are connected, made without anything that only we know. */
export async function socketPair(path?: string): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  return await abortable(async () => {
    server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path });
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = connect({ ...targetOf(server), allowHalfOpen: true });
    const [, [socket]] = await Promise.all([once(client, 'connect'), accepted]);
    server.close();
    return [client, socket];
  });
}

function targetOf(server: Server): { path: string } | { port: number; host: string } {
  const address = server.address();
  if (typeof address === 'string') return { path: address };
  return { port: address!.port, host: '127.0.0.1' };
}

/** Streams that are made of sockets of Node by the public way. */
export async function wrappedPair(): Promise<Pair> {
  const [one, two] = await socketPair();
  return [hold(new SocketStream(one)), hold(new SocketStream(two))];
}

/** The same, both of them so full that nothing more can be sent. */
export async function cloggedTcpPair(): Promise<Pair> {
  return clog(await socketPair());
}

export function cloggedUnixPair(): Promise<Pair> {
  return withSocketPath(async (path) => clog(await socketPair(path)));
}

function clog(sockets: [Socket, Socket]): Pair {
  for (const socket of sockets) {
    while (socket.write(Buffer.alloc(1 << 20)));
    // The kernel may find more room later, but not for all of this.
    socket.write(Buffer.alloc(1 << 24));
  }
  const [one, two] = sockets;
  // Reading ahead must not make room for the sender.
  return [hold(new SocketStream(one)), hold(new SocketStream(two))];
}
