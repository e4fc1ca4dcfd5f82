import { expect, it } from '@jest/globals';
import { ClosedResourceError, isCancelled, moveOnAfter, openNursery, sleep } from '@tercet/core';
import { assertCheckpoints, waitAllTasksBlocked } from '@tercet/testing';
import { ConnectionFailedError, openUdpSocket } from '../../src/index.ts';
import { setHostnameResolver } from '../../src/testing.ts';
import { realRun, textOf } from '../system-clock.ts';

const LOCAL = '127.0.0.1';

it(
  'carries datagrams in both directions, whole, with where they come from',
  realRun(async () => {
    await using one = await openUdpSocket({ host: LOCAL });
    await using two = await openUdpSocket({ host: LOCAL });
    await one.send('hello', LOCAL, two.port);
    await one.send('', LOCAL, two.port);
    await one.send(new DataView(new Uint8Array([65, 66]).buffer, 1), LOCAL, two.port);
    const received = [await two.receive(), await two.receive(), await two.receive()];
    expect(received.map(({ data }) => textOf(data))).toEqual(['hello', '', 'B']);
    expect(received[0]).toMatchObject({ address: LOCAL, port: one.port });
    await two.send('back', received[0]!.address, received[0]!.port);
    expect(textOf((await one.receive()).data)).toBe('back');
    expect(one.localAddress).toEqual({ family: 'IPv4', address: LOCAL, port: one.port });
    expect(one.remoteAddress).toBeUndefined();
  }),
);

it(
  'IPv6 works the same',
  realRun(async () => {
    await using one = await openUdpSocket({ host: '::1' });
    await using two = await openUdpSocket({ family: 6 });
    await one.send('x', '::1', two.port);
    expect((await two.receive()).address).toBe('::1');
    expect(two.localAddress.family).toBe('IPv6');
  }),
);

it(
  'with a peer it sends to it and receives from it only',
  realRun(async () => {
    await using server = await openUdpSocket({ host: LOCAL });
    await using stranger = await openUdpSocket({ host: LOCAL });
    await using client = await openUdpSocket({ connect: { host: LOCAL, port: server.port } });
    expect(client.remoteAddress).toEqual(server.localAddress);
    await client.send('x');
    await server.receive();
    await stranger.send('not for you', LOCAL, client.port);
    await server.send('for you', LOCAL, client.port);
    expect(textOf((await client.receive()).data)).toBe('for you');
    await expect(client.send('x', LOCAL, server.port)).rejects.toThrow(/sends to nobody else/);
    await expect(server.send('x')).rejects.toThrow(/give a host and a port/);
  }),
);

it(
  'a peer that does not listen is an error of receive, and the socket goes on',
  realRun(async () => {
    const gone = await openUdpSocket({ host: LOCAL });
    const { port } = gone;
    await gone.close();
    await using client = await openUdpSocket({ host: LOCAL, connect: { host: LOCAL, port } });
    await client.send('x');
    await expect(client.receive()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await using back = await openUdpSocket({ host: LOCAL, port, connect: { host: LOCAL, port: client.port } });
    await back.send('here again');
    expect(textOf((await client.receive()).data)).toBe('here again');
  }),
);

it(
  'datagrams are dropped when the buffer is full, and counted',
  realRun(async () => {
    await using receiver = await openUdpSocket({ host: LOCAL, maxBufferSize: 3 });
    await using sender = await openUdpSocket({ host: LOCAL });
    for (let i = 0; i < 5; i++) await sender.send(String(i), LOCAL, receiver.port);
    while (receiver.dropped < 2) await sleep(1);
    const received: (string | null)[] = [];
    for await (const { data } of receiver) {
      received.push(textOf(data));
      if (received.length === 3) break;
    }
    expect(received).toEqual(['0', '1', '2']);
    expect(receiver.dropped).toBe(2);
  }),
);

it(
  'G-2: a cancelled receive loses nothing; in a cancelled scope nothing is taken or sent',
  realRun(async () => {
    await using receiver = await openUdpSocket({ host: LOCAL });
    await using sender = await openUdpSocket({ host: LOCAL });
    expect(await moveOnAfter(2, () => receiver.receive())).toBeUndefined();
    await sender.send('x', LOCAL, receiver.port);
    await sleep(5);
    await openNursery(async (nursery) => {
      nursery.cancelScope.cancel();
      for (const operation of [receiver.receive(), sender.send('y', LOCAL, receiver.port)]) {
        expect(isCancelled(await operation.catch((error: unknown) => error))).toBe(true);
      }
    });
    expect(textOf((await receiver.receive()).data)).toBe('x');
    expect(await moveOnAfter(5, () => receiver.receive())).toBeUndefined();
  }),
);

it(
  'close wakes all who wait, and after it everything is refused',
  realRun(async () => {
    const socket = await openUdpSocket({ host: LOCAL });
    await openNursery(async (nursery) => {
      for (let i = 0; i < 2; i++) {
        nursery.startSoon(async () => {
          await expect(socket.receive()).rejects.toThrow(ClosedResourceError);
        });
      }
      await waitAllTasksBlocked();
      await assertCheckpoints(() => socket.close());
    });
    await assertCheckpoints(() => socket.close());
    await expect(socket.receive()).rejects.toThrow(ClosedResourceError);
    await expect(socket.send('x', LOCAL, 9)).rejects.toThrow(ClosedResourceError);
  }),
);

it(
  'G-2: a datagram that has not been sent when the socket is closed is an error, and its sender does not hang',
  realRun(async () => {
    const socket = await openUdpSocket({ host: LOCAL });
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await expect(socket.send('x', LOCAL, socket.port)).rejects.toThrow(/send\(\).*is closed/);
      });
      nursery.startSoon(() => socket.close());
    });
    await expect(socket.send('x', LOCAL, 9)).rejects.toThrow(ClosedResourceError);
  }),
);

it(
  'every operation is a checkpoint',
  realRun(async () => {
    await using socket = await openUdpSocket({ host: LOCAL });
    await assertCheckpoints(() => socket.send('x', LOCAL, socket.port));
    await sleep(5);
    await assertCheckpoints(() => socket.receive());
  }),
);

it(
  'a multicast group can be joined and left',
  realRun(async () => {
    const group = '239.255.77.77';
    await using receiver = await openUdpSocket({ reuseAddress: true });
    await using sender = await openUdpSocket({ host: LOCAL });
    receiver.joinMulticast(group, LOCAL);
    sender.setMulticast({ interfaceAddress: LOCAL, loopback: true, ttl: 0 });
    await sender.send('to all', group, receiver.port);
    expect(textOf((await receiver.receive()).data)).toBe('to all');
    receiver.leaveMulticast(group, LOCAL);
    await sender.send('to all', group, receiver.port);
    expect(await moveOnAfter(10, () => receiver.receive())).toBeUndefined();
  }),
);

it(
  'broadcasting has to be allowed',
  realRun(async () => {
    await using receiver = await openUdpSocket();
    await using sender = await openUdpSocket();
    await expect(sender.send('x', '127.255.255.255', receiver.port)).rejects.toMatchObject({ code: 'EACCES' });
    sender.setBroadcast();
    await sender.send('x', '127.255.255.255', receiver.port);
    expect(textOf((await receiver.receive()).data)).toBe('x');
  }),
);

it(
  'names are looked up in the family of the socket',
  realRun(async () => {
    setHostnameResolver({
      resolve: async () => [
        { address: '::1', family: 6 },
        { address: LOCAL, family: 4 },
      ],
    });
    await using receiver = await openUdpSocket({ host: LOCAL });
    await using sender = await openUdpSocket({ host: LOCAL });
    await sender.send('x', 'both.example', receiver.port);
    expect(textOf((await receiver.receive()).data)).toBe('x');
    setHostnameResolver({ resolve: async () => [{ address: '::1', family: 6 }] });
    await expect(sender.send('x', 'six.example', receiver.port)).rejects.toThrow(ConnectionFailedError);
    const missing = Object.assign(new Error('no'), { code: 'ENOTFOUND' });
    setHostnameResolver({ resolve: () => Promise.reject(missing) });
    await expect(sender.send('x', 'none.example', receiver.port)).rejects.toThrow(/was not found/);
  }),
);

it(
  'errors of the system and wrong arguments are thrown',
  realRun(async () => {
    await using socket = await openUdpSocket({ host: LOCAL });
    await expect(openUdpSocket({ host: LOCAL, port: socket.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(socket.send(Buffer.alloc(100_000), LOCAL, 9)).rejects.toMatchObject({ code: 'EMSGSIZE' });
    await expect(socket.send(7 as unknown as string, LOCAL, 9)).rejects.toThrow(TypeError);
    await expect(socket.send('x', LOCAL, 0)).rejects.toThrow(RangeError);
    await expect(openUdpSocket({ host: 'localhost' })).rejects.toThrow(TypeError);
    await expect(openUdpSocket({ maxBufferSize: 0 })).rejects.toThrow(RangeError);
    await expect(openUdpSocket({ maxBufferSize: 1.5 })).rejects.toThrow(TypeError);
    expect(await moveOnAfter(0, () => openUdpSocket())).toBeUndefined();
  }),
);
