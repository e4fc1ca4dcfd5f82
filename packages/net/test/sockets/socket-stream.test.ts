import { afterEach, expect, it } from '@jest/globals';
import {
  BrokenResourceError,
  CancelScope,
  ClosedResourceError,
  isCancelled,
  moveOnAfter,
  openNursery,
  sleep,
  StateError,
} from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/testing';
import { createSocket } from 'node:dgram';
import { Socket } from 'node:net';
import { inspect } from 'node:util';
import { useDocumentedOnly } from '../../src/undocumented/documented-only.ts';
import { SocketStream } from '../../src/index.ts';
import { socketPair, tcpPair, unixPair, wrappedPair } from '../pairs.ts';
import { hold, realRun, textOf } from '../system-clock.ts';

afterEach(() => useDocumentedOnly(undefined));

it(
  'SOK-001: takes a connected socket of node:net, and nothing else',
  realRun(async () => {
    const datagrams = createSocket('udp4');
    for (const wrong of [{}, null, datagrams]) expect(() => new SocketStream(wrong as Socket)).toThrow(TypeError);
    datagrams.close();
    const connecting = new Socket();
    connecting.on('error', () => undefined);
    connecting.connect(9, '127.0.0.1');
    expect(() => new SocketStream(connecting)).toThrow(StateError);
    connecting.destroy();
  }),
);

it(
  'SOK-002: small pieces are sent at once, which can be turned off; keep-alive can be turned on',
  realRun(async () => {
    const [socket, peer] = await socketPair();
    const calls: unknown[] = [];
    socket.setNoDelay = (on) => (calls.push(['noDelay', on]), socket);
    socket.setKeepAlive = (on, delay) => (calls.push(['keepAlive', on, delay]), socket);
    const stream = new SocketStream(socket);
    stream.setNoDelay(false);
    stream.setNoDelay();
    stream.setKeepAlive(true, { seconds: 30 });
    expect(calls).toEqual([
      ['noDelay', false],
      ['noDelay', true],
      ['keepAlive', true, 30_000],
    ]);
    await stream.close();
    peer.destroy();
  }),
);

for (const [name, make] of Object.entries({
  TCP: tcpPair,
  'a Unix socket': unixPair,
  'sockets of Node': wrappedPair,
})) {
  it(
    `SOK-003: over ${name} ten megabytes reach a slow reader, and then the end`,
    realRun(async () => {
      const [sender, receiver] = await make();
      const data = Buffer.alloc(10_000_000, 'abcdefghijk');
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await sender.sendAll(data);
          await sender.close();
        });
        await sleep(5);
        const chunks: Uint8Array[] = [];
        for await (const chunk of receiver) {
          if (chunks.length % 50 === 0) await sleep(1);
          chunks.push(chunk);
        }
        expect(Buffer.concat(chunks).equals(data)).toBe(true);
      });
    }),
  );

  it(
    `receiveInto over ${name} fills the memory of the caller, and loses nothing of what does not fit`,
    realRun(async () => {
      const [sender, receiver] = await make();
      const target = new Uint8Array(4);
      await openNursery(async (nursery) => {
        const first = nursery.startSoon(() => receiver.receiveInto(target));
        await waitAllTasksBlocked();
        await sender.sendAll('abcdef');
        expect(await first.result()).toBe(4);
        expect(textOf(target)).toBe('abcd');
      });
      expect(await receiver.receiveInto(target)).toBe(2);
      expect(textOf(target)).toBe('efcd');
      await sender.close();
      expect(await receiver.receiveInto(target)).toBeNull();
      await expect(receiver.receiveInto('x' as unknown as Uint8Array)).rejects.toThrow(TypeError);
      await expect(receiver.receiveInto(new Uint8Array())).rejects.toThrow(RangeError);
      await receiver.close();
      await expect(receiver.receiveInto(target)).rejects.toThrow(ClosedResourceError);
    }),
  );

  it(
    `a cancelled sendAll over ${name} breaks the stream`,
    realRun(async () => {
      const [sender] = await make();
      await moveOnAfter(5, () => sender.sendAll(Buffer.alloc(20_000_000)));
      await expect(sender.sendAll('x')).rejects.toThrow(/was cancelled/);
    }),
  );

  it(
    `SOK-009: over ${name} what a peer has sent before it closed is received, and then the end`,
    realRun(async () => {
      const [sender, receiver] = await make();
      await sender.sendAll('last words');
      await sender.close();
      await sleep(5);
      expect(textOf(await receiver.receiveSome())).toBe('last words');
      expect(await receiver.receiveSome()).toBeNull();
    }),
  );
}

it(
  'G-104: a peer that resets the connection is a BrokenResourceError that names both ends, for who waits and from then on',
  realRun(async () => {
    const [socket, peer] = await socketPair();
    const stream = new SocketStream(socket);
    const names = [stream.localAddress.port, stream.remoteAddress.port].map((port) => `127.0.0.1:${port}`);
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        const error = await stream.receiveSome().catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(BrokenResourceError);
        expect((error as Error).message).toBe(
          `receiveSome(): the connection from ${names[0]} to ${names[1]} is broken: Error: read ECONNRESET`,
        );
        expect((error as { cause: { code: string } }).cause.code).toBe('ECONNRESET');
      });
      await waitAllTasksBlocked();
      peer.resetAndDestroy();
    });
    await expect(stream.sendAll('x')).rejects.toThrow(BrokenResourceError);
    await expect(stream.sendEof()).rejects.toThrow(BrokenResourceError);
  }),
);

it(
  'closing after a cancelled sendAll resets the connection, so that the peer does not take a part for the whole',
  realRun(async () => {
    const [sender, receiver] = await tcpPair();
    await moveOnAfter(5, () => sender.sendAll(Buffer.alloc(20_000_000)));
    await sender.close();
    await sleep(5);
    // After a regular end the first one would succeed. (Node 20 shows a reset as an end to who reads.)
    await expect(receiver.sendAll('x')).rejects.toThrow(BrokenResourceError);
  }),
);

it(
  'closing does not lose an answer, though the peer is still sending',
  realRun(async () => {
    const [socket, peer] = await socketPair();
    const [server, client] = [hold(new SocketStream(socket)), hold(new SocketStream(peer))];
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        try {
          for (let i = 0; i < 20; i++) await client.sendAll(Buffer.alloc(100_000));
        } catch (error) {
          if (!(error instanceof BrokenResourceError)) throw error;
        }
        expect(textOf(await client.receiveSome())).toBe('too much');
        expect(await client.receiveSome()).toBeNull();
        await client.close();
      });
      // While the socket still reads, there is no event to wait for.
      while (!socket.isPaused()) await sleep(1);
      await server.sendAll('too much');
      await server.close();
    });
  }),
);

it(
  'bytes are read in pieces of at most 64 KiB, whether a task waits for them or not',
  realRun(async () => {
    const [sender, receiver] = await unixPair();
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await sender.sendAll(Buffer.alloc(8_000_000, 'x'));
        await sender.close();
      });
      await waitAllTasksBlocked(20);
      const sizes: number[] = [];
      for await (const chunk of receiver) {
        expect(chunk.every((byte) => byte === 0x78)).toBe(true);
        sizes.push(chunk.length);
      }
      expect(sizes.reduce((sum, size) => sum + size)).toBe(8_000_000);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
    });
  }),
);

it(
  'the peer of a stream that stops reading has to wait: no more than what the kernel and 64 KiB here can hold is taken',
  realRun(async () => {
    const [sender] = await unixPair();
    let sent = 0;
    await moveOnAfter(50, async () => {
      for (;;) {
        await sender.sendAll(Buffer.alloc(16_384));
        sent += 16_384;
      }
    });
    expect(sent).toBeLessThan(1_000_000);
  }),
);

it(
  'SOK-003: what was received stays as it is, however fast more is read on this connection and on others',
  realRun(async () => {
    const counting = (from: number): Buffer =>
      Buffer.from(Uint32Array.from({ length: 2 ** 18 }, (_, i) => from + i).buffer);
    await openNursery((nursery) => {
      // More than those that may have memory of their own.
      for (let index = 0; index < 36; index++) {
        nursery.startSoon(async () => {
          const [sender, receiver] = await (index % 6 === 5 ? unixPair() : tcpPair());
          const data = counting(index * 2 ** 20);
          nursery.startSoon(async () => {
            await sender.sendAll(data);
            await sender.close();
          });
          const chunks: Uint8Array[] = [];
          const lent = new Uint8Array(10_000);
          for (
            let chunk;
            (chunk = await receiver.receiveSome(chunks.length % 40 === 30 ? 5000 : undefined)) !== null;
          ) {
            chunks.push(chunk);
            if (chunks.length % 20 !== 0) continue;
            const size = await receiver.receiveInto(lent);
            if (size !== null) chunks.push(lent.slice(0, size));
          }
          expect(Buffer.concat(chunks).equals(data)).toBe(true);
          await receiver.close();
        });
      }
    });
  }),
);

it(
  'G-87: close in a cancelled scope closes and throws Cancelled',
  realRun(async () => {
    const [one, two] = await tcpPair();
    const scope = new CancelScope();
    scope.cancel();
    await scope.run(async () => {
      expect(isCancelled(await one.close().catch((error: unknown) => error))).toBe(true);
    });
    expect(await two.receiveSome()).toBeNull();
  }),
);

it(
  'PIP-004: closing a closed stream does not touch a newer one that has its file descriptor',
  realRun(async () => {
    const [one] = await tcpPair();
    await one.close();
    const [three, four] = await tcpPair();
    await one.close();
    await three.sendAll('x');
    expect(textOf(await four.receiveSome())).toBe('x');
  }),
);

it(
  'shows its ends when it is inspected',
  realRun(async () => {
    const [one, two] = await tcpPair();
    expect(inspect(one)).toBe(
      `<SocketStream the connection from 127.0.0.1:${one.localAddress.port} to 127.0.0.1:${two.localAddress.port}>`,
    );
    await one.close();
    expect(inspect(one)).toContain('closed');
  }),
);
