import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BrokenResourceError, openNursery, sleep } from '@tercet/core';
import { suspend } from '@tercet/core/lowlevel';
import { halfCloseableStreamClauses } from '@tercet/testing';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { useDocumentedOnly } from '../../src/undocumented/documented-only.ts';
import { SocketWriter } from '../../src/undocumented/socket-writer.ts';
import { cloggedTcpPair, socketPair, tcpPair } from '../pairs.ts';
import { realRun } from '../system-clock.ts';
import { knowsDirectWrites } from '../sockets/direct-writes.ts';

beforeEach(() => useDocumentedOnly(false));
afterEach(() => useDocumentedOnly(undefined));

/** Bytes of which no two stretches are the same. */
const counting = (count: number): Buffer => Buffer.from(Uint32Array.from({ length: count / 4 }, (_, i) => i).buffer);

/** More than an operating system keeps for a reader that does not read. */
const MUCH = 16 * 2 ** 20;

function written(writer: SocketWriter): Promise<void> {
  return suspend<void>('the end of a write', (waker) => {
    writer.whenWritten(() => waker.wake());
    return () => 'failed';
  });
}

async function receive(socket: Socket, count: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
  while (chunks.reduce((sum, { length }) => sum + length, 0) < count) await sleep(1);
  return Buffer.concat(chunks);
}

it(
  'bytes go past Node where its way is known, and through the socket elsewhere',
  realRun(async () => {
    const [socket, peer] = await socketPair();
    expect(new SocketWriter(socket).write(Buffer.from('x'))).toBe(knowsDirectWrites ? 'taken' : 'refused');
    for (const each of [socket, peer]) each.destroy();
  }),
);

// Elsewhere the test above is all there is to see.
if (knowsDirectWrites) {
  describe('past Node', () => {
    it(
      'what the system has room for is taken at once, and Node keeps none of it',
      realRun(async () => {
        const [socket, peer] = await socketPair();
        const writer = new SocketWriter(socket);
        for (const text of ['one ', 'two ', 'three']) expect(writer.write(Buffer.from(text))).toBe('taken');
        expect({ queued: socket.writableLength, written: socket.bytesWritten }).toEqual({ queued: 0, written: 13 });
        expect((await receive(peer, 13)).toString()).toBe('one two three');
        for (const each of [socket, peer]) each.destroy();
      }),
    );

    it(
      'what it has no room for follows when the peer reads, on two sockets at once, and then small writes are taken again',
      realRun(async () => {
        await openNursery((nursery) => {
          for (let i = 0; i < 2; i++) {
            nursery.startSoon(async () => {
              const [socket, peer] = await socketPair();
              const writer = new SocketWriter(socket);
              const data = counting(MUCH);
              expect(writer.write(data)).toBe('begun');
              nursery.startSoon(async () => {
                const received = await receive(peer, MUCH + 1);
                expect(received.subarray(0, MUCH).equals(data)).toBe(true);
                for (const each of [socket, peer]) each.destroy();
              });
              await written(writer);
              expect(writer.write(Buffer.from('.'))).toBe('taken');
            });
          }
        });
      }),
    );

    it(
      'a write to a connection that is gone is refused, and the socket fails as if it had been written to',
      realRun(async () => {
        // The accepted socket does not read, so only a write can find out.
        const [peer, socket] = await socketPair();
        const failed = new Promise<NodeJS.ErrnoException>((resolve) => socket.on('error', resolve));
        peer.resetAndDestroy();
        const writer = new SocketWriter(socket);
        await sleep(5);
        expect(writer.write(Buffer.from('x'))).toBe('refused');
        const error = await failed;
        expect(error.message).toBe(`write ${error.code}`);
        expect(['EPIPE', 'ECONNRESET']).toContain(error.code);
        expect(error).toMatchObject({ syscall: 'write', errno: expect.any(Number) });
        expect(writer.write(Buffer.from('x'))).toBe('refused');
      }),
    );

    it(
      'a write that is under way when the peer resets fails the socket',
      realRun(async () => {
        const [peer, socket] = await socketPair();
        const writer = new SocketWriter(socket);
        expect(writer.write(counting(MUCH))).toBe('begun');
        const failed = once(socket, 'error');
        peer.resetAndDestroy();
        await written(writer);
        expect(socket.destroyed).toBe(true);
        expect(((await failed) as [NodeJS.ErrnoException])[0]).toMatchObject({ syscall: 'write' });
      }),
    );

    it(
      'a write that is under way when the socket is destroyed ends without an error',
      realRun(async () => {
        const [socket, peer] = await socketPair();
        const writer = new SocketWriter(socket);
        const errors: Error[] = [];
        socket.on('error', (error) => errors.push(error));
        expect(writer.write(counting(MUCH))).toBe('begun');
        socket.destroy();
        await written(writer);
        expect(errors).toEqual([]);
        peer.destroy();
      }),
    );
  });
}

it(
  'a stream that is reset while it sends fails its sender',
  realRun(async () => {
    const [sender, receiver] = await tcpPair();
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await expect(sender.sendAll(counting(MUCH))).rejects.toThrow(BrokenResourceError);
      });
      await sleep(5);
      // There is more than it has read, so the system resets the connection.
      await receiver.close();
    });
  }),
);

it(
  'nothing is written past Node when that is not wanted',
  realRun(async () => {
    useDocumentedOnly(true);
    const [socket, peer] = await socketPair();
    expect(new SocketWriter(socket).write(Buffer.from('x'))).toBe('refused');
    expect(socket.bytesWritten).toBe(0);
    for (const each of [socket, peer]) each.destroy();
  }),
);

describe('SOK-004: over TCP, by the documented interface of Node alone', () => {
  for (const { title, check } of halfCloseableStreamClauses) {
    it(
      `${title}`,
      realRun(async () => {
        useDocumentedOnly(true);
        await check({ make: tcpPair, makeClogged: cloggedTcpPair, timeout: 20_000 });
      }),
    );
  }
});
