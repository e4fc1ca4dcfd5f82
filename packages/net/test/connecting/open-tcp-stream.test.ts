import { expect, it } from '@jest/globals';
import { all, isCancelled, moveOnAfter, openNursery, sleepForever } from '@tercet/core';
import { Socket } from 'node:net';
import { ConnectionFailedError, formatAddress, openTcpListeners, openTcpStream } from '../../src/index.ts';
import { setHostnameResolver, setSocketFactory } from '../../src/testing.ts';
import { formatHostAndPort } from '../../src/addresses/socket-address.ts';
import { realRun } from '../system-clock.ts';
import { systemError } from './fake-network.ts';

it('TCP-003: hosts with colons are written in brackets', () => {
  expect(formatHostAndPort('127.0.0.1', 80)).toBe('127.0.0.1:80');
  expect(formatHostAndPort('example.com', 443)).toBe('example.com:443');
  expect(formatHostAndPort('::1', 443)).toBe('[::1]:443');
});

it(
  'TCP-004: connects over the loopback, and knows both ends',
  realRun(async () => {
    const [listener] = await openTcpListeners(0, { host: '127.0.0.1' });
    const [client, server] = await all([() => openTcpStream('127.0.0.1', listener!.port), () => listener!.accept()]);
    expect(client.remoteAddress).toEqual({ family: 'IPv4', address: '127.0.0.1', port: listener!.port });
    expect(server.localAddress).toEqual(client.remoteAddress);
    expect(server.remoteAddress).toEqual(client.localAddress);
    expect(formatAddress(client.remoteAddress)).toBe(`127.0.0.1:${listener!.port}`);
    await client.close();
    await server.close();
    await listener!.close();
  }),
);

it(
  'TCP-004: connects to a name with two addresses, on the family that listens',
  realRun(async () => {
    const addresses = [
      { address: '::1', family: 6 as const },
      { address: '127.0.0.1', family: 4 as const },
    ];
    setHostnameResolver({ resolve: async () => addresses });
    for (const host of ['127.0.0.1', '::1']) {
      const [listener] = await openTcpListeners(0, { host });
      const stream = await openTcpStream('both.example', listener!.port);
      expect(stream.remoteAddress.address).toBe(host);
      await stream.close();
      await listener!.close();
    }
  }),
);

it(
  'TCP-005: arguments are checked before anything happens',
  realRun(async () => {
    await expect(openTcpStream(undefined as unknown as string, 80)).rejects.toThrow(TypeError);
    await expect(openTcpStream('', 80)).rejects.toThrow(RangeError);
    await expect(openTcpStream('127.0.0.1', '80' as unknown as number)).rejects.toThrow(
      new TypeError("openTcpStream(): the port must be an integer, not the string '80'"),
    );
    for (const port of [0, -1, 65_536]) await expect(openTcpStream('127.0.0.1', port)).rejects.toThrow(RangeError);
    await expect(openTcpStream('127.0.0.1', 80, { happyEyeballsDelay: -1 })).rejects.toThrow(RangeError);
  }),
);

it(
  'G-101, TCP-006: localAddress is where the connection comes from',
  realRun(async () => {
    const [listener] = await openTcpListeners(0, { host: '127.0.0.1' });
    for (const [localAddress, expected] of [
      ['127.0.0.2', '127.0.0.2'],
      ['0.0.0.0', '127.0.0.1'],
    ] as const) {
      const stream = await openTcpStream('127.0.0.1', listener!.port, { localAddress });
      expect(stream.localAddress.address).toBe(expected);
      await stream.close();
    }
    await expect(openTcpStream('127.0.0.1', listener!.port, { localAddress: '::' })).rejects.toThrow(
      ConnectionFailedError,
    );
    await listener!.close();
  }),
);

it(
  'a refused connection names the host, the port and the reason',
  realRun(async () => {
    const [listener] = await openTcpListeners(0, { host: '127.0.0.1' });
    const { port } = listener!;
    await listener!.close();
    const error = await openTcpStream('127.0.0.1', port).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectionFailedError);
    expect((error as ConnectionFailedError).code).toBe('ECONNREFUSED');
    expect((error as Error).message).toBe(
      `openTcpStream(): the attempt to connect to 127.0.0.1:${port} failed: connect ECONNREFUSED 127.0.0.1:${port}`,
    );
  }),
);

it(
  'a host that does not exist is a ConnectionFailedError with the code of the resolver',
  realRun(async () => {
    setHostnameResolver({ resolve: () => Promise.reject(systemError('ENOTFOUND', 'nowhere.invalid')) });
    const error = await openTcpStream('nowhere.invalid', 80).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectionFailedError);
    expect((error as ConnectionFailedError).code).toBe('ENOTFOUND');
    expect((error as Error).message).toContain('the address of nowhere.invalid was not found');
  }),
);

it(
  'a mistake of the resolver comes out as it is',
  realRun(async () => {
    const mistake = new TypeError('no');
    setHostnameResolver({ resolve: () => Promise.reject(mistake) });
    await expect(openTcpStream('example.com', 80)).rejects.toBe(mistake);
  }),
);

it(
  'a replaced resolver belongs to its run, gets names only, and can be put back',
  realRun(async () => {
    const asked: string[] = [];
    const resolver = {
      resolve: async (host: string) => {
        asked.push(host);
        return [{ address: '127.0.0.1', family: 4 as const }];
      },
    };
    expect(setHostnameResolver(resolver)).toBeUndefined();
    const [listener] = await openTcpListeners(0, { host: '127.0.0.1' });
    for (const host of ['somewhere.example', '127.0.0.1']) await (await openTcpStream(host, listener!.port)).close();
    expect(asked).toEqual(['somewhere.example']);
    expect(setHostnameResolver(undefined)).toBe(resolver);
    await listener!.close();
  }),
);

it(
  'a lookup that hangs can be cancelled',
  realRun(async () => {
    setHostnameResolver({ resolve: () => sleepForever() });
    expect(await moveOnAfter(5, () => openTcpStream('example.com', 80))).toBeUndefined();
  }),
);

it(
  'TCP-020: cancelled in the middle of connecting, it leaves no socket',
  realRun(async () => {
    const sockets: Socket[] = [];
    setSocketFactory({
      connect: () => {
        sockets.push(new Socket());
        return sockets[0]!;
      },
    });
    expect(await moveOnAfter(5, () => openTcpStream('127.0.0.1', 9))).toBeUndefined();
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true]);
  }),
);

it(
  'G-2: called in a cancelled scope, it does not begin to connect',
  realRun(async () => {
    await openNursery(async (nursery) => {
      nursery.cancelScope.cancel();
      const error = await openTcpStream('127.0.0.1', 9).catch((thrown: unknown) => thrown);
      expect(isCancelled(error)).toBe(true);
    });
  }),
);
