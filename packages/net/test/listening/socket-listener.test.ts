import { expect, it } from '@jest/globals';
import {
  abortable,
  all,
  ClosedResourceError,
  isCancelled,
  moveOnAfter,
  openNursery,
  sleep,
  StateError,
} from '@tercet/core';
import { assertCheckpoints, waitAllTasksBlocked } from '@tercet/testing';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { openTcpListeners, openTcpStream, SocketListener } from '../../src/index.ts';
import { realRun, textOf } from '../system-clock.ts';

async function listeningServer(): Promise<Server> {
  return await abortable(async () => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  });
}

async function listen(): Promise<SocketListener> {
  const [listener] = await openTcpListeners(0, { host: '127.0.0.1' });
  return listener!;
}

it(
  'SOK-005: takes a server that listens, and nothing else',
  realRun(async () => {
    expect(() => new SocketListener({} as Server)).toThrow(TypeError);
    expect(() => new SocketListener(createServer())).toThrow(StateError);
    const listener = new SocketListener(await listeningServer());
    const [client, server] = await all([() => openTcpStream('127.0.0.1', listener.port), () => listener.accept()]);
    for (const resource of [client, server, listener]) await resource.close();
  }),
);

it(
  'SOK-006: accept gives a connected stream, and is a checkpoint; closed, it gives none',
  realRun(async () => {
    const listener = await listen();
    const client = await openTcpStream('127.0.0.1', listener.port);
    await waitAllTasksBlocked();
    const server = await assertCheckpoints(() => listener.accept());
    await server.sendAll('x');
    expect(textOf(await client.receiveSome())).toBe('x');
    expect(server.remoteAddress).toEqual(client.localAddress);
    await assertCheckpoints(() => listener.close());
    await assertCheckpoints(() => listener.close());
    await expect(listener.accept()).rejects.toThrow(ClosedResourceError);
    await expect(listener.accept()).rejects.toThrow(`127.0.0.1:${listener.port}`);
    await client.close();
    await server.close();
  }),
);

it(
  'G-89: close wakes all who wait for a connection',
  realRun(async () => {
    const listener = await listen();
    await openNursery(async (nursery) => {
      for (let i = 0; i < 2; i++) {
        nursery.startSoon(async () => {
          await expect(listener.accept()).rejects.toThrow(ClosedResourceError);
        });
      }
      await waitAllTasksBlocked();
      await listener.close();
    });
  }),
);

it(
  'SOK-007: a server that is closed underneath wakes who waits for a connection',
  realRun(async () => {
    const server = await listeningServer();
    const listener = new SocketListener(server);
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await expect(listener.accept()).rejects.toThrow(ClosedResourceError);
      });
      await waitAllTasksBlocked();
      server.close();
    });
  }),
);

it(
  'tasks that accept get one connection each, in turn',
  realRun(async () => {
    const listener = await listen();
    const served: string[] = [];
    await openNursery(async (nursery) => {
      for (const name of ['first', 'second']) {
        nursery.startSoon(async () => {
          await using stream = await listener.accept();
          served.push(`${name} ${textOf(await stream.receiveSome())}`);
        });
        await waitAllTasksBlocked();
      }
      for (const text of ['a', 'b']) {
        await using client = await openTcpStream('127.0.0.1', listener.port);
        await client.sendAll(text);
        await client.receiveSome();
      }
    });
    expect(served).toEqual(['first a', 'second b']);
    await listener.close();
  }),
);

it(
  'G-2: a cancelled accept loses no connection, and early bytes are kept',
  realRun(async () => {
    const listener = await listen();
    for (let i = 0; i < 20; i++) {
      let accepted = 0;
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          for (;;) {
            // Gives up again and again, sometimes in the moment in which the connection arrives.
            const stream = await moveOnAfter(1 + (i % 2), () => listener.accept());
            if (stream === undefined) continue;
            accepted++;
            expect(textOf(await stream.receiveSome())).toBe('x');
            await stream.close();
            return;
          }
        });
        await using client = await openTcpStream('127.0.0.1', listener.port);
        await client.sendAll('x');
        expect(await client.receiveSome()).toBeNull();
      });
      expect(accepted).toBe(1);
    }
    await listener.close();
  }),
);

it(
  'an accept in a cancelled scope takes no connection',
  realRun(async () => {
    const listener = await listen();
    const client = await openTcpStream('127.0.0.1', listener.port);
    await sleep(5);
    await openNursery(async (nursery) => {
      nursery.cancelScope.cancel();
      expect(isCancelled(await listener.accept().catch((error: unknown) => error))).toBe(true);
    });
    const server = await listener.accept();
    for (const resource of [client, server, listener]) await resource.close();
  }),
);

it(
  'connections that have not been accepted are closed with the listener',
  realRun(async () => {
    const listener = await listen();
    const client = await openTcpStream('127.0.0.1', listener.port);
    await sleep(5);
    await listener.close();
    const end = await client.receiveSome().catch(() => null);
    expect(end).toBeNull();
    await client.close();
  }),
);

it(
  'more connections than may wait are closed and counted',
  realRun(async () => {
    const listener = await listen();
    const sockets = Array.from({ length: 1030 }, () =>
      connect(listener.port, '127.0.0.1').on('error', () => undefined),
    );
    while (listener.dropped < 6) await sleep(5);
    await sleep(20);
    expect(listener.dropped).toBe(6);
    for (const socket of sockets) socket.destroy();
    await listener.close();
  }),
);

it(
  'G-102: errors of a single connection are passed over, others come out of accept',
  realRun(async () => {
    const server = await listeningServer();
    const listener = new SocketListener(server);
    const fail = (code: string): void => void server.emit('error', Object.assign(new Error(code), { code }));
    fail('ECONNABORTED');
    fail('EMFILE');
    await expect(listener.accept()).rejects.toMatchObject({ code: 'EMFILE' });
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await expect(listener.accept()).rejects.toMatchObject({ code: 'ENOBUFS' });
      });
      await waitAllTasksBlocked();
      fail('EPROTO');
      fail('ENOBUFS');
    });
    await listener.close();
  }),
);
