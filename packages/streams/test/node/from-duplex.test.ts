import { expect, it } from '@jest/globals';
import { CancelScope, ClosedResourceError, openNursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { Duplex } from 'node:stream';
import { fromDuplex } from '../../src/index.ts';
import type { HalfCloseableStream } from '../../src/index.ts';

/** Two duplex streams that are connected with each other. */
function duplexPair(): [Duplex, Duplex] {
  const make = (peer: () => Duplex): Duplex => {
    let wanted: (() => void) | undefined = undefined;
    const duplex = new Duplex({
      read: () => {
        wanted?.();
        wanted = undefined;
      },
      write: (chunk, _encoding, done) => {
        if (peer().push(chunk)) done();
        else (peer() as Duplex & { wants: (fn: () => void) => void }).wants(done);
      },
      final: (done) => {
        peer().push(null);
        done();
      },
    });
    return Object.assign(duplex, { wants: (fn: () => void) => (wanted = fn) });
  };
  const one: Duplex = make(() => two);
  const two: Duplex = make(() => one);
  return [one, two];
}

function pair(): [HalfCloseableStream, HalfCloseableStream] {
  const [one, two] = duplexPair();
  return [fromDuplex(one), fromDuplex(two)];
}

it(
  'STR-031: carries a megabyte in both directions at once',
  testRun(async () => {
    const [one, two] = pair();
    const data = Buffer.alloc(1 << 20, 'abcdefg');
    await openNursery((nursery) => {
      for (const [stream, size] of [
        [one, 10_007],
        [two, 4_099],
      ] as const) {
        nursery.startSoon(async () => {
          for (let at = 0; at < data.length; at += size) await stream.sendAll(data.subarray(at, at + size));
          await stream.sendEof();
        });
        nursery.startSoon(async () => {
          const chunks: Uint8Array[] = [];
          for await (const chunk of stream) chunks.push(chunk);
          expect(Buffer.concat(chunks).equals(data)).toBe(true);
        });
      }
    });
    await one.close();
    await two.close();
  }),
);

it(
  'G-85, STR-040, STR-041: sendEof ends one direction, and the other one goes on',
  testRun(async () => {
    const [one, two] = pair();
    await one.sendAll('x');
    await one.sendEof();
    expect((await two.receiveSome())?.length).toBe(1);
    expect(await two.receiveSome()).toBeNull();
    await expect(one.sendAll('y')).rejects.toThrow(ClosedResourceError);
    await one.sendEof();
    await two.sendAll('z');
    expect((await one.receiveSome())?.length).toBe(1);
    await one.close();
    await two.close();
  }),
);

it(
  'STR-032: close ends both directions, and fails the tasks that wait',
  testRun(async () => {
    const [one, two] = pair();
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await expect(one.receiveSome()).rejects.toThrow(ClosedResourceError);
      });
      await waitAllTasksBlocked();
      await one.close();
    });
    expect(await two.receiveSome()).toBeNull();
    await two.close();
    await expect(two.sendAll('x')).rejects.toThrow(ClosedResourceError);
    await two.close();
  }),
);

it(
  'G-87: close in a cancelled scope destroys the duplex, and does not end it before',
  testRun(async () => {
    let isEnded = false;
    const duplex = new Duplex({ read: () => undefined, final: () => void (isEnded = true) });
    const stream = fromDuplex(duplex);
    const scope = new CancelScope();
    scope.cancel();
    await scope.run(() => stream.close());
    expect(scope.cancelledCaught).toBe(true);
    expect([isEnded, duplex.destroyed]).toEqual([false, true]);
  }),
);
