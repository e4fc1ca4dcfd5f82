import { describe, expect, it } from '@jest/globals';
import {
  all as both,
  BrokenResourceError,
  CancelScope,
  ClosedResourceError,
  currentTime,
  moveOnAfter,
  openNursery,
  sleep,
  WouldBlock,
} from '@tercet/core';
import { addInstrument, removeInstrument, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { BroadcastSender, openBroadcastChannel, select } from '@tercet/sync';
import type { ReceiveChannel } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../thrown-by.ts';

async function all<T>(channel: ReceiveChannel<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of channel) items.push(item);
  return items;
}

describe('openBroadcastChannel', () => {
  it(
    'BC-1: gives each subscriber everything from its subscription on, in order',
    testRun(async () => {
      const [sender, subscribe] = openBroadcastChannel<number>({ buffer: 10, overflow: 'wait' });
      await sender.send(0);
      const early = subscribe();
      await sender.send(1);
      const late = subscribe();
      await sender.send(2);
      sender.close();
      expect([await all(early), await all(late), await all(subscribe())]).toEqual([[1, 2], [2], []]);
    }),
  );

  it(
    'BC-1: lets the slowest subscriber set the pace with wait, and reaches no subscriber when it is cancelled',
    testRun(async () => {
      const [sender, subscribe] = openBroadcastChannel<number>({ buffer: 1, overflow: 'wait' });
      const [quick, slow] = [subscribe(), subscribe()];
      await sender.send(1);
      expect(await quick.receive()).toBe(1);
      expect(await moveOnAfter(10, () => sender.send(2).then(() => 'sent'))).toBeUndefined();
      expect(quick.tryReceive()).toBeUndefined();
      expect(() => sender.sendNowait(2)).toThrow(WouldBlock);
      await openNursery(async (nursery) => {
        const sends = [2, 3].map((item) => nursery.startSoon(() => sender.send(item)));
        await waitAllTasksBlocked();
        expect(sender.statistics()).toEqual({ subscribers: 2, tasksWaitingSend: 2, dropped: 0 });
        expect(await slow.receive()).toBe(1);
        expect([await quick.receive(), await slow.receive()]).toEqual([2, 2]);
        expect([await quick.receive(), await slow.receive()]).toEqual([3, 3]);
        for (const send of sends) await send.join();
      });
    }),
  );

  it(
    'BC-1: hands items over without a buffer, when every subscriber waits for one',
    testRun(async () => {
      const [sender, subscribe] = openBroadcastChannel<string>({ buffer: 0, overflow: 'wait' });
      await openNursery((nursery) => {
        for (const delay of [10, 20]) {
          const mine = subscribe();
          nursery.startSoon(async () => {
            await sleep(delay);
            expect(await mine.receive()).toBe('item');
          });
        }
        nursery.startSoon(async () => {
          await sender.send('item');
          expect(currentTime()).toBe(20);
        });
      });
    }),
  );

  it(
    'BC-1: counts what a subscriber has missed where items are dropped',
    testRun(async () => {
      for (const [overflow, kept] of [
        ['drop-oldest', [2, 3]],
        ['drop-newest', [1, 2]],
      ] as const) {
        const [sender, subscribe] = openBroadcastChannel<number>({ buffer: 2, overflow });
        const mine = subscribe();
        for (const item of [1, 2, 3]) sender.sendNowait(item);
        expect([mine.missed, sender.statistics().dropped]).toEqual([1, 1]);
        sender.close();
        expect(await all(mine)).toEqual(kept);
        mine.close();
        expect(sender.statistics().dropped).toBe(1);
      }
    }),
  );

  it(
    'BC-1: fails a slow subscriber after its buffered items with fail, and goes on with the others',
    testRun(async () => {
      const [sender, subscribe] = openBroadcastChannel<number>({ buffer: 1, overflow: 'fail' });
      const [slow, quick] = [subscribe(), subscribe()];
      await sender.send(1);
      expect(await quick.receive()).toBe(1);
      await sender.send(2);
      expect(await slow.receive()).toBe(1);
      expect(await thrownBy(() => slow.receive())).toBeInstanceOf(BrokenResourceError);
      expect(await thrownBy(() => all(slow))).toBeInstanceOf(BrokenResourceError);
      expect(() => slow.receiveNowait()).toThrow(BrokenResourceError);
      expect(await quick.receive()).toBe(2);
      expect(sender.statistics().subscribers).toBe(1);
    }),
  );

  it(
    'BC-1: gives a new subscriber the latest items first',
    testRun(async () => {
      const [sender, subscribe] = openBroadcastChannel<number>({ buffer: 5, overflow: 'wait', replay: 2 });
      for (const item of [1, 2, 3]) await sender.send(item);
      const mine = subscribe();
      await sender.send(4);
      sender.close();
      expect(await all(mine)).toEqual([2, 3, 4]);
      expect(await all(subscribe())).toEqual([3, 4]);
    }),
  );

  it(
    'BC-2: ends all subscribers after their buffered items, and refuses to send when it is closed',
    testRun(async () => {
      const [sender, subscribe] = openBroadcastChannel<number>({ buffer: 1, overflow: 'wait' });
      const mine = subscribe();
      await openNursery(async (nursery) => {
        await sender.send(1);
        const waiting = nursery.startSoon(() => thrownBy(() => sender.send(2)));
        await waitAllTasksBlocked();
        sender.close();
        sender.close();
        expect(await waiting.result()).toBeInstanceOf(ClosedResourceError);
      });
      expect(await all(mine)).toEqual([1]);
      expect(await thrownBy(() => sender.send(3))).toBeInstanceOf(ClosedResourceError);
    }),
  );

  it(
    'BC-2: sends nowhere, without an error, when the last subscriber has closed',
    testRun(async () => {
      const [sender, subscribe] = openBroadcastChannel<number>({ buffer: 0, overflow: 'wait' });
      const mine = subscribe();
      await openNursery(async (nursery) => {
        const waiting = nursery.startSoon(() => sender.send(1));
        await waitAllTasksBlocked();
        mine.close();
        await waiting.result();
      });
      await sender.send(2);
      expect(sender.statistics().subscribers).toBe(0);
    }),
  );

  it('refuses options out of range, and promises as items', async () => {
    const open = (options: object): unknown =>
      openBroadcastChannel({ buffer: 1, overflow: 'wait', ...options } as never);
    expect(() => open({ buffer: -1 })).toThrow(RangeError);
    expect(() => open({ replay: 2 })).toThrow(RangeError);
    expect(() => open({ overflow: 'explode' })).toThrow(RangeError);
    // @ts-expect-error -- the constructor is private
    expect(() => new BroadcastSender()).toThrow(TypeError);
    const [sender] = openBroadcastChannel<unknown>({ buffer: 1, overflow: 'wait' });
    expect(() => sender.sendNowait(Promise.resolve(1))).toThrow(TypeError);
  });
});

describe('a broadcast without a buffer that waits', () => {
  it(
    'BC-1, SE-1: loses no item and no subscriber when one select waits at two subscriptions, and the sender comes later',
    testRun(async () => {
      const [news, subscribe] = openBroadcastChannel<string>({ buffer: 0, overflow: 'wait' });
      const [a, b] = [subscribe(), subscribe()];
      await openNursery(async (nursery) => {
        const first = nursery.startSoon(() => select({ a: a.receiving(), b: b.receiving() }));
        await waitAllTasksBlocked();
        await news.send('x');
        expect(await first.result()).toEqual({ key: 'a', value: 'x' });
        expect(await b.receive()).toBe('x');
        const second = nursery.startSoon(() => news.send('y'));
        expect(await both([() => a.receive(), () => b.receive()])).toEqual(['y', 'y']);
        await second.result();
      });
    }),
  );

  it(
    'BC-1, SE-1: the same when the sender waits already',
    testRun(async () => {
      const [news, subscribe] = openBroadcastChannel<string>({ buffer: 0, overflow: 'wait' });
      const [a, b] = [subscribe(), subscribe()];
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          for (const item of ['x', 'y']) await news.send(item);
        });
        await waitAllTasksBlocked();
        expect(await select({ a: a.receiving(), b: b.receiving() })).toEqual({ key: 'a', value: 'x' });
        expect(await b.receive()).toBe('x');
        expect(await both([() => a.receive(), () => b.receive()])).toEqual(['y', 'y']);
      });
    }),
  );

  it(
    'C-15: a hook that cancels another subscriber, or the sender, loses no item and keeps the order',
    testRun(async () => {
      for (const victim of ['subscriber', 'sender'] as const) {
        const [news, subscribe] = openBroadcastChannel<number>({ buffer: 0, overflow: 'wait' });
        const [a, b] = [subscribe(), subscribe()];
        const scopes = { subscriber: new CancelScope(), sender: new CancelScope() };
        const received: number[] = [];
        await openNursery(async (nursery) => {
          const sent = nursery.startSoon(() => scopes.sender.run(() => news.send(1)));
          await waitAllTasksBlocked();
          const instrument = { taskScheduled: (): void => scopes[victim].cancel() };
          const other = nursery.startSoon(() => scopes.subscriber.run(() => b.receive()));
          await waitAllTasksBlocked();
          addInstrument(instrument);
          try {
            received.push(await a.receive());
          } finally {
            removeInstrument(instrument);
          }
          await sent.result();
          received.push((await other.result()) ?? (await b.receive()));
        });
        expect([victim, received]).toEqual([victim, [1, 1]]);
        expect(news.statistics()).toMatchObject({ subscribers: 2, tasksWaitingSend: 0, dropped: 0 });
      }
    }),
  );
});
