import { expect, it } from '@jest/globals';
import { suspend } from '@tercet/core/lowlevel';
import { openStreamToSocketListener, testRun } from '@tercet/testing';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { ListenOptions, NetConnectOpts, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const connectors = {
  openTcpStream: (host: string, port: number): Promise<Socket> => open({ host, port }),
  openUnixSocket: (path: string): Promise<Socket> => open({ path }),
};

function open(options: NetConnectOpts): Promise<Socket> {
  return suspend('connection', (waker) => {
    const socket = connect(options);
    socket.once('connect', () => waker.wake(socket)).once('error', (error) => waker.fail(error));
    return () => 'failed';
  });
}

async function withServer(options: ListenOptions, body: (server: Server) => Promise<void>): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  await suspend('server', (waker) => {
    server.once('listening', () => waker.wake(undefined)).once('error', (error) => waker.fail(error));
    server.listen(options);
    return () => 'failed';
  });
  try {
    await body(server);
  } finally {
    server.close();
  }
}

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1'],
  ['::1', '::1'],
  ['::', '::1'],
] as const)('TST-037: connects to a listener on %s, at %s', (host, reached) =>
  testRun(() =>
    withServer({ host, port: 0, ipv6Only: host.includes(':') }, async (server) => {
      const { address, family, port } = server.address() as { address: string; family: 'IPv4' | 'IPv6'; port: number };
      const hosts: string[] = [];
      const openTcpStream = (to: string, at: number): Promise<Socket> => {
        hosts.push(to);
        return connectors.openTcpStream(to, at);
      };
      const socket = await openStreamToSocketListener({ localAddress: { address, family, port } }, { openTcpStream });
      expect([hosts, socket.remoteAddress, socket.remotePort]).toEqual([[reached], reached, port]);
      socket.destroy();
    }),
  )(),
);

it('TST-037: connects to a listener on a Unix socket with openUnixSocket', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tercet-'));
  const path = join(folder, 'socket');
  const listener = { localAddress: { family: 'unix', address: path, port: 0 } } as const;
  await testRun(() =>
    withServer({ path }, async () => {
      const socket = await openStreamToSocketListener(listener, connectors);
      expect(socket.readyState).toBe('open');
      socket.destroy();
      const { openTcpStream } = connectors;
      await expect(openStreamToSocketListener(listener, { openTcpStream })).rejects.toThrow(TypeError);
    }),
  )();
  await rmdir(folder);
});

it(
  'throws the error of the function that connects',
  testRun(async () => {
    const listener = { localAddress: { family: 'IPv4', address: '127.0.0.1', port: 1 } } as const;
    const openTcpStream = (): Promise<never> => Promise.reject(new Error('refused'));
    await expect(openStreamToSocketListener(listener, { openTcpStream })).rejects.toThrow('refused');
  }),
);
