import { describe, expect, it } from '@jest/globals';
import { CancelScope, EndOfChannel, moveOnAfter, openNursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { openMemoryChannel } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../thrown-by.ts';

describe('overflow', () => {
  it('drops the oldest item, or the newest, and counts it', () => {
    const [sendA, receiveA] = openMemoryChannel<number>(2, { overflow: 'drop-oldest' });
    const [sendB, receiveB] = openMemoryChannel<number>(2, { overflow: 'drop-newest' });
    for (const item of [1, 2, 3]) {
      sendA.sendNowait(item);
      sendB.sendNowait(item);
    }
    expect([receiveA.receiveNowait(), receiveA.receiveNowait(), receiveA.missed]).toEqual([2, 3, 1]);
    expect([receiveB.receiveNowait(), receiveB.receiveNowait(), sendB.statistics().dropped]).toEqual([1, 2, 1]);
  });

  it('drops an item that no receiver waits for where there is no buffer', async () => {
    const [send, receive] = openMemoryChannel<number>(0, { overflow: 'drop-oldest' });
    send.sendNowait(1);
    expect([receive.tryReceive(), receive.missed]).toEqual([undefined, 1]);
  });

  it(
    'never lets a sender wait',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(1, { overflow: 'drop-newest' });
      await openNursery(async (nursery) => {
        const handle = nursery.startSoon(() => receive.receive());
        await waitAllTasksBlocked();
        for (const item of [1, 2, 3]) await send.send(item);
        expect([await handle.result(), await receive.receive(), receive.missed]).toEqual([1, 2, 1]);
      });
    }),
  );

  it('refuses an unknown choice', () => {
    expect(() => openMemoryChannel(1, { overflow: 'explode' as never })).toThrow(RangeError);
  });
});

describe('trySend and tryReceive', () => {
  it('return whether it was possible, and throw only when it never will be', () => {
    const [send, receive] = openMemoryChannel<string | undefined>(1);
    expect(receive.tryReceive()).toBeUndefined();
    expect([send.trySend(undefined), send.trySend('x')]).toEqual([true, false]);
    expect(receive.tryReceive()).toEqual({ value: undefined });
    send.close();
    expect(() => receive.tryReceive()).toThrow(EndOfChannel);
    expect(() => send.trySend('x')).toThrow('closed');
    receive.close();
    expect(() => receive.tryReceive()).toThrow('closed');
  });
});

describe('sendMany and receiveMany', () => {
  it(
    'pass on all items in their order, with any buffer',
    testRun(async () => {
      const items = Array.from({ length: 20 }, (_, index) => index);
      for (const size of [0, 1, 3, Infinity]) {
        const [send, receive] = openMemoryChannel<number>(size);
        const seen: number[] = [];
        await openNursery((nursery) => {
          nursery.startSoon(async () => {
            using _ = send;
            await send.sendMany(items);
          });
          nursery.startSoon(async () => {
            for (;;) {
              const some = await receive.receiveMany(4).catch(() => undefined);
              if (some === undefined) break;
              expect(some.length).toBeGreaterThanOrEqual(1);
              expect(some.length).toBeLessThanOrEqual(4);
              seen.push(...some);
            }
          });
        });
        expect(seen).toEqual(items);
      }
    }),
  );

  it(
    'take all items that are there, and wait only for the first one',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(10);
      await send.sendMany([1, 2, 3]);
      expect(await receive.receiveMany()).toEqual([1, 2, 3]);
      expect(await moveOnAfter(10, () => receive.receiveMany())).toBeUndefined();
      send.close();
      expect(await thrownBy(() => receive.receiveMany())).toBeInstanceOf(EndOfChannel);
      expect(await thrownBy(() => receive.receiveMany(0))).toBeInstanceOf(RangeError);
    }),
  );

  it(
    'are checkpoints, also without items',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(10);
      let reached = 0;
      for (const operation of [() => send.sendMany([]), () => send.sendMany([1]), () => receive.receiveMany()]) {
        await new CancelScope().run(async (scope) => {
          scope.cancel();
          await operation();
          reached++;
        });
      }
      expect([reached, send.statistics().currentBufferUsed]).toEqual([0, 0]);
    }),
  );
});
