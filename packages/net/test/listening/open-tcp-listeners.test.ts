import { describe, expect, it } from '@jest/globals';
import { all, CancelScope, isCancelled, openNursery } from '@tercet/core';
import { createServer } from 'node:net';
import type { Server, ServerOpts } from 'node:net';
import { openTcpStream } from '../../src/index.ts';
import { setHostnameResolver, setSocketFactory } from '../../src/testing.ts';
import { requireBacklog } from '../../src/listening/listen.ts';
import { openListeners } from '../pairs.ts';
import { hold, realRun, textOf } from '../system-clock.ts';

it(
  'LSN-001: with port 0 it listens on every address, on one port that is free, before anybody accepts',
  realRun(async () => {
    const listeners = await openListeners(0);
    expect(listeners.map(({ localAddress }) => localAddress.address)).toEqual(['::', '0.0.0.0']);
    expect(new Set(listeners.map(({ port }) => port)).size).toBe(1);
    for (const [listener, host] of [
      [listeners[0]!, '::1'],
      [listeners[1]!, '127.0.0.1'],
    ] as const) {
      const clients = [await openTcpStream(host, listener.port), await openTcpStream(host, listener.port)].map(hold);
      for (const client of clients) {
        await using server = await listener.accept();
        await server.sendAll('x');
        expect(textOf(await client.receiveSome())).toBe('x');
        expect(server.localAddress).toEqual(client.remoteAddress);
      }
    }
  }),
);

it(
  'LSN-002: with a host and a port there is one listener, there',
  realRun(async () => {
    const [first] = await openListeners(0, { host: '127.0.0.1' });
    const { port } = first!;
    await first!.close();
    const listeners = await openListeners(port, { host: '127.0.0.1' });
    expect(listeners.map(({ localAddress }) => localAddress)).toEqual([{ family: 'IPv4', address: '127.0.0.1', port }]);
  }),
);

it(
  'LSN-003: a listener for IPv6 does not take IPv4',
  realRun(async () => {
    const [listener] = await openListeners(0, { host: '::' });
    await expect(openTcpStream('127.0.0.1', listener!.port)).rejects.toThrow('ECONNREFUSED');
  }),
);

it(
  'LSN-004: one port cannot be listened on twice, and is free again after close, though connections live on',
  realRun(async () => {
    const [listener] = await openListeners(0, { host: '127.0.0.1' });
    const { port } = listener!;
    await expect(openListeners(port, { host: '127.0.0.1' })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const [client, server] = await all([() => openTcpStream('127.0.0.1', port), () => listener!.accept()]);
    for (const stream of [client, server]) hold(stream);
    await listener!.close();
    await openListeners(port, { host: '127.0.0.1' });
    await server.sendAll('still here');
    expect(textOf(await client.receiveSome())).toBe('still here');
  }),
);

it(
  'LSN-006: a port that is not a number is refused',
  realRun(async () => {
    for (const port of [undefined, null, 'http', Buffer.from('80'), 1.5]) {
      await expect(openListeners(port as number)).rejects.toThrow(TypeError);
    }
    for (const port of [-1, 65_536]) await expect(openListeners(port)).rejects.toThrow(RangeError);
    await expect(openListeners(0, { host: 7 as unknown as string })).rejects.toThrow(TypeError);
  }),
);

it(
  'LSN-009: a family that the machine does not have is left out; other errors come out as they are',
  realRun(async () => {
    const failing = (code: string, when: (host: string) => boolean) => (options: ServerOpts) => {
      const server = createServer(options);
      const listen = server.listen.bind(server) as (options: object) => typeof server;
      server.listen = ((target: { host: string }) => {
        if (!when(target.host)) return listen(target);
        setImmediate(() => server.emit('error', Object.assign(new Error(code), { code })));
        return server;
      }) as typeof server.listen;
      return server;
    };
    setSocketFactory({ createServer: failing('EAFNOSUPPORT', (host) => host === '::') });
    const listeners = await openListeners(0);
    expect(listeners.map(({ localAddress }) => localAddress.address)).toEqual(['0.0.0.0']);
    setSocketFactory({ createServer: failing('EAFNOSUPPORT', () => true) });
    await expect(openListeners(0)).rejects.toMatchObject({ code: 'EAFNOSUPPORT' });
    setSocketFactory({ createServer: failing('EINVAL', (host) => host === '0.0.0.0') });
    await expect(openListeners(0)).rejects.toMatchObject({ code: 'EINVAL' });
  }),
);

describe('a port that is free on the first address, and taken on the second', () => {
  /** Lets listening fail so many times, as it does on the second address when the port is taken there. */
  const taken = (times: number): { attempts: number; servers: Server[] } => {
    const seen = { attempts: 0, servers: [] as Server[] };
    setSocketFactory({
      createServer: (options) => {
        const server = createServer(options);
        seen.servers.push(server);
        const listen = server.listen.bind(server) as (options: object) => Server;
        server.listen = ((target: { host: string }) => {
          if (target.host !== '0.0.0.0' || ++seen.attempts > times) return listen(target);
          setImmediate(() => server.emit('error', Object.assign(new Error('taken'), { code: 'EADDRINUSE' })));
          return server;
        }) as typeof server.listen;
        return server;
      },
    });
    return seen;
  };

  it(
    'is given up for another one, up to ten times',
    realRun(async () => {
      const seen = taken(9);
      const listeners = await openListeners(0);
      expect(listeners.map(({ localAddress }) => localAddress.address)).toEqual(['::', '0.0.0.0']);
      expect(listeners[0]!.port).toBe(listeners[1]!.port);
      expect(seen.attempts).toBe(10);
      expect(seen.servers.filter(({ listening }) => listening)).toHaveLength(2);
      const always = taken(Infinity);
      await expect(openListeners(0)).rejects.toMatchObject({ code: 'EADDRINUSE' });
      expect(always.attempts).toBe(10);
      expect(always.servers.filter(({ listening }) => listening)).toEqual([]);
    }),
  );

  it(
    'is an error when that port was asked for',
    realRun(async () => {
      const [free] = await openListeners(0, { host: '127.0.0.1' });
      const { port } = free!;
      await free!.close();
      const seen = taken(1);
      await expect(openListeners(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
      expect(seen.attempts).toBe(1);
    }),
  );
});

it('LSN-010: the backlog is the largest that the kernel allows', () => {
  expect(requireBacklog(undefined, 'f()')).toBe(0xffff);
  expect(requireBacklog(Infinity, 'f()')).toBe(0xffff);
  expect(requireBacklog(10, 'f()')).toBe(10);
  expect(requireBacklog(0x10000, 'f()')).toBe(0xffff);
  expect(() => requireBacklog(3.5, 'f()')).toThrow(TypeError);
  expect(() => requireBacklog(0, 'f()')).toThrow(RangeError);
});

it(
  'a host with several addresses gets a listener on each, on one port',
  realRun(async () => {
    setHostnameResolver({
      resolve: async () => [
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4 },
      ],
    });
    const listeners = await openListeners(0, { host: 'here.example' });
    expect(listeners.map(({ localAddress }) => localAddress.address)).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(listeners[0]!.port).toBe(listeners[1]!.port);
    setHostnameResolver({ resolve: async () => [] });
    await expect(openListeners(0, { host: 'here.example' })).rejects.toThrow('no address was found');
  }),
);

it(
  'cancelled, it leaves nothing open',
  realRun(async () => {
    const scope = new CancelScope();
    scope.cancel();
    await scope.run(async () => {
      const error = await openListeners(0).catch((thrown: unknown) => thrown);
      expect(isCancelled(error)).toBe(true);
    });
  }),
);

it(
  'with reusePort several listeners share a port and its connections; without it a second one fails',
  realRun(async () => {
    const options = { host: '127.0.0.1', reusePort: true };
    if (Number.parseInt(process.versions.node) < 22) return await isRefused(openListeners(0, options));
    const [one] = await openListeners(0, options);
    const [other] = await openListeners(one!.port, options);
    await expect(openListeners(one!.port, { host: '127.0.0.1' })).rejects.toThrow('EADDRINUSE');
    // Which one gets a connection is decided by its ports: all of them at one would be a chance of 2 to the 60th.
    const served = [0, 0];
    await openNursery(async (nursery) => {
      for (const [index, listener] of [one!, other!].entries()) {
        nursery.startSoon(async () => {
          for (;;) {
            await using _stream = await listener.accept();
            served[index]!++;
          }
        });
      }
      for (let i = 0; i < 60; i++) {
        await using client = await openTcpStream('127.0.0.1', one!.port);
        expect(await client.receiveSome()).toBeNull();
      }
      nursery.cancelScope.cancel();
    });
    expect(served[0]! + served[1]!).toBe(60);
    expect(Math.min(...served)).toBeGreaterThan(0);
  }),
);

async function isRefused(listening: Promise<unknown>): Promise<void> {
  await expect(listening).rejects.toThrow('reusePort needs Node 22.12');
}
