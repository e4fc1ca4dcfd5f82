import { describe, expect, it } from '@jest/globals';
import {
  ClosedResourceError,
  currentTime,
  EndOfChannel,
  openNursery,
  sleep,
  StateError,
  WouldBlock,
} from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { buffer, map, meter, openPipeline, pipeline, TapOverflowError } from '@tercet/pipeline';
import { Event, select } from '@tercet/sync';
import type { ReceiveChannel } from '@tercet/sync';
import { leavesFrom } from '../failing.ts';
import { CountingSource, ticks } from '../sources.ts';

async function collect<T>(tap: ReceiveChannel<T>, items: T[] = []): Promise<T[]> {
  for await (const item of tap) items.push(item);
  return items;
}

describe('taps', () => {
  it(
    'L-22, L-24: finished() is cancelled by a failure, also when a tap has items left',
    testRun(async () => {
      let hasGoneOn = false;
      const call = openPipeline(
        pipeline(
          [1, 2, 3],
          map((x) => {
            if (x === 3) throw new RangeError('bad');
            return x;
          }),
        ),
        async (numbers) => {
          const tap = numbers.tap({ buffer: 10 });
          await numbers.finished();
          hasGoneOn = true;
          tap.close();
        },
      );
      expect(await leavesFrom(call)).toEqual([new RangeError('bad')]);
      expect(hasGoneOn).toBe(false);
    }),
  );

  it(
    'L-62: every tap gets every item from its start on, the same objects in order',
    testRun(async () => {
      const objects = [{ n: 1 }, { n: 2 }, { n: 3 }];
      const [first, second]: object[][] = [[], []];
      await openPipeline(pipeline(objects), async (numbers) => {
        const taps = [numbers.tap(), numbers.tap({ buffer: 5 })] as const;
        await openNursery(async (nursery) => {
          nursery.startSoon(() => collect(taps[0], first));
          nursery.startSoon(() => collect(taps[1], second));
        });
      });
      for (const items of [first!, second!]) {
        expect(items.length).toBe(3);
        items.forEach((item, index) => expect(item).toBe(objects[index]));
      }
    }),
  );

  it(
    'L-63: the slowest rules the pace, within its buffer',
    testRun(async () => {
      const source = new CountingSource();
      await openPipeline(pipeline(source), async (numbers) => {
        const fast = numbers.tap({ buffer: 20 });
        const slow = numbers.tap({ buffer: 3 });
        const seen: number[] = [];
        await openNursery(async (nursery) => {
          nursery.startSoon(() => collect(fast, seen));
          await sleep(1);
          expect(seen).toEqual([0, 1, 2]);
          // Three wait in the slow tap, and one for it.
          expect(source.pulled).toBe(4);
          await slow.receive();
          await sleep(1);
          expect(seen).toEqual([0, 1, 2, 3]);
          nursery.cancelScope.cancel();
        });
      });
    }),
  );

  it.each([
    ['drop-oldest', [7, 8, 9]],
    ['drop-newest', [0, 1, 2]],
  ] as const)('L-64: %s: drops are counted', (whenFull, kept) =>
    testRun(async () => {
      await openPipeline(pipeline(new CountingSource(10)), async (numbers) => {
        const slow = numbers.tap({ buffer: 3, whenFull });
        const all = numbers.tap({ buffer: 100 });
        await numbers.finished();
        expect(slow.statistics().dropped).toBe(7);
        expect(numbers.statistics().find(({ name }) => name === 'tap#1')).toMatchObject({ dropped: 7, waiting: 3 });
        expect(await collect(slow)).toEqual(kept);
        expect((await collect(all)).length).toBe(10);
      });
    })(),
  );

  it(
    'L-65: fail: only that tap gets a TapOverflowError, after its items',
    testRun(async () => {
      await openPipeline(pipeline(new CountingSource(10)), async (numbers) => {
        const failing = numbers.tap({ buffer: 2, whenFull: 'fail' });
        const other = numbers.tap({ buffer: 10 });
        await numbers.finished();
        expect(await failing.receive()).toBe(0);
        expect(await failing.receive()).toBe(1);
        await expect(failing.receive()).rejects.toThrow(TapOverflowError);
        expect((await collect(other)).length).toBe(10);
      });
    }),
  );

  it(
    'L-65: so does one that is too slow for its timeout',
    testRun(async () => {
      await openPipeline(pipeline(new CountingSource(10)), async (numbers) => {
        const slow = numbers.tap({ timeout: 100 });
        const other = numbers.tap({ buffer: 10 });
        await numbers.finished();
        expect(currentTime()).toBe(100);
        expect(await slow.receive()).toBe(0);
        await expect(slow.receive()).rejects.toThrow(/no room for the next item within 100 ms/);
        expect((await collect(other)).length).toBe(10);
      });
    }),
  );

  it(
    'L-62: a tap is a channel: its items come one by one, many at a time, or as a case of a selection',
    testRun(async () => {
      await openPipeline(pipeline(new CountingSource(10)), async (numbers) => {
        const tap = numbers.tap({ buffer: 4 });
        const never = new Event();
        expect(tap.tryReceive()).toBeUndefined();
        // It waits, and gets the first item when that comes.
        expect(await select({ item: tap.receiving(), never: never.waiting() })).toEqual({ key: 'item', value: 0 });
        expect(tap.statistics()).toMatchObject({ maxBufferSize: 4, dropped: 0 });
        await waitAllTasksBlocked();
        expect(await select({ item: tap.receiving() })).toEqual({ key: 'item', value: 1 });
        await waitAllTasksBlocked();
        expect(await tap.receiveMany(2)).toEqual([2, 3]);
        await waitAllTasksBlocked();
        expect(await tap.receiveMany()).toEqual([4, 5, 6, 7]);
        await waitAllTasksBlocked();
        expect(tap.tryReceive()).toEqual({ value: 8 });
        expect(tap.receiveNowait()).toBe(9);
        await waitAllTasksBlocked();
        await expect(select({ item: tap.receiving() })).rejects.toThrow(EndOfChannel);
        expect(() => tap.tryReceive()).toThrow(EndOfChannel);
        expect(tap.missed).toBe(0);
        await expect(tap.receiveMany(0)).rejects.toThrow(RangeError);
      });
    }),
  );

  it(
    'L-65: a selection fails with the overflow of a tap, and with its end',
    testRun(async () => {
      await openPipeline(pipeline(ticks(10, 3)), async (numbers) => {
        const tap = numbers.tap();
        const other = tap.clone();
        await openNursery(async (nursery) => {
          nursery.startSoon(async () => {
            for (let item = 0; item < 3; item++) await tap.receive();
          });
          await sleep(100);
          await expect(select({ item: other.receiving() })).rejects.toThrow(EndOfChannel);
        });
        other.close();
        await expect(select({ item: other.receiving() })).rejects.toThrow(ClosedResourceError);
      });
    }),
  );

  it(
    'L-66: when all taps are closed, what is above is closed',
    testRun(async () => {
      const log: string[] = [];
      await openPipeline(
        pipeline(
          () => ticks(1, Infinity, log),
          map(async (x) => x),
        ),
        async (numbers) => {
          const taps = [numbers.tap(), numbers.tap()] as const;
          await taps[0].receive();
          taps[0].close();
          await sleep(10);
          expect(log).toEqual([]);
          taps[1].close();
          await sleep(10);
          expect(log).toEqual(['closed']);
          await numbers.finished();
          expect(() => numbers.tap()).toThrow(ClosedResourceError);
        },
      );
    }),
  );

  it(
    'L-67: closing a tap frees a pipeline that waits for it',
    testRun(async () => {
      await openPipeline(pipeline([1, 2, 3]), async (numbers) => {
        const stuck = numbers.tap();
        const other = numbers.tap({ buffer: 10 });
        await waitAllTasksBlocked();
        expect(other.statistics().currentBufferUsed).toBe(1);
        stuck.close();
        expect(await collect(other)).toEqual([1, 2, 3]);
      });
    }),
  );

  it(
    'L-68: a late tap gets items from now on, or the last ones first',
    testRun(async () => {
      await openPipeline(pipeline(new CountingSource(10)), async (numbers) => {
        const first = numbers.tap();
        for (let item = 0; item < 5; item++) expect(await first.receive()).toBe(item);
        await waitAllTasksBlocked();
        const late = numbers.tap({ buffer: 10 });
        const replayed = numbers.tap({ buffer: 10, replay: 3 });
        for (let item = 5; item < 10; item++) await first.receive();
        first.close();
        expect(await collect(late)).toEqual([6, 7, 8, 9]);
        expect(await collect(replayed)).toEqual([3, 4, 5, 6, 7, 8, 9]);
        expect(() => numbers.tap({ replay: 65 })).toThrow(/only 64 items are kept/);
      });
    }),
  );

  it(
    'L-68: a tap that comes after the end still gets what is replayed',
    testRun(async () => {
      await openPipeline(
        pipeline([1, 2, 3]),
        async (numbers) => {
          const first = numbers.tap({ buffer: 5 });
          await numbers.finished();
          expect(await collect(numbers.tap({ replay: 2 }))).toEqual([2, 3]);
          expect(await collect(first)).toEqual([1, 2, 3]);
        },
        { history: 2 },
      );
    }),
  );

  it(
    'L-69: extend at run time, and start: false until start()',
    testRun(async () => {
      const source = new CountingSource(100);
      await openPipeline(pipeline(source), async (numbers) => {
        const waiting = numbers.tap({ start: false });
        const doubled = numbers.extend(map((x) => 2 * x));
        const tap = doubled.tap({ start: false });
        await sleep(10);
        expect(source.pulled).toBe(0);
        doubled.start();
        expect(await waiting.receive()).toBe(0);
        expect(await tap.receive()).toBe(0);
        expect(await waiting.receive()).toBe(1);
        expect(await tap.receive()).toBe(2);
        const late = numbers.extend(map((x) => -x));
        const negative = late.tap({ buffer: 1 });
        waiting.close();
        expect(await tap.receive()).toBeGreaterThan(2);
        expect(await negative.receive()).toBeLessThan(-1);
        tap.close();
        await sleep(1);
        negative.close();
        await sleep(1);
        expect(source.returned).toBe(1);
      });
    }),
  );

  it(
    'L-70: the end of the pipeline is EndOfChannel, after the items that wait',
    testRun(async () => {
      await openPipeline(pipeline([1, 2]), async (numbers) => {
        const tap = numbers.tap({ buffer: 5 });
        await numbers.finished();
        expect(await tap.receive()).toBe(1);
        expect(tap.receiveNowait()).toBe(2);
        await expect(tap.receive()).rejects.toThrow(EndOfChannel);
        expect(() => tap.receiveNowait()).toThrow(EndOfChannel);
      });
    }),
  );

  it(
    'are used like the receiving end of a memory channel',
    testRun(async () => {
      await openPipeline(
        pipeline(() => ticks(1, 4)),
        async (numbers) => {
          using tap = numbers.tap({ buffer: 1 });
          expect(() => tap.receiveNowait()).toThrow(WouldBlock);
          const other = tap.clone();
          expect(tap.statistics().openReceiveChannels).toBe(2);
          expect(await other.receive()).toBe(0);
          other.close();
          await expect(other.receive()).rejects.toThrow(ClosedResourceError);
          expect(await tap.receive()).toBe(1);
        },
      );
    }),
  );

  it(
    'are of no use after the body, nor is the pipeline',
    testRun(async () => {
      let escaped: { tap(): unknown; start(): void } | undefined;
      await openPipeline(pipeline([1]), async (numbers) => void (escaped = numbers));
      expect(() => escaped!.tap()).toThrow(StateError);
      expect(
        await leavesFrom(
          openPipeline(pipeline([1]), () => {
            throw new RangeError('mine');
          }),
        ),
      ).toEqual([new RangeError('mine')]);
      await expect(openPipeline([1] as never, () => undefined)).rejects.toThrow(/must be a Flow/);
    }),
  );
});

describe('statistics', () => {
  it(
    'L-74: give items, what waits, and where the time has gone, for each section',
    testRun(async () => {
      const flow = pipeline(
        () => ticks(10, 6),
        map((x) => x),
        buffer(2),
        map(async (x) => (await sleep(30), x), { concurrency: 2 }),
        meter('done'),
      );
      await openPipeline(flow, async (numbers) => {
        const tap = numbers.tap({ buffer: 10 });
        await numbers.finished();
        const [first, , third] = [...numbers.statistics()];
        expect(numbers.statistics().map(({ name }) => name)).toEqual(['map#1', 'map#3', "meter#4 'done'", 'tap#1']);
        expect(first).toMatchObject({ itemsIn: 6, itemsOut: 6 });
        expect(third).toMatchObject({ itemsIn: 6, itemsOut: 6 });
        expect(first!.idleTime).toBeGreaterThan(0);
        expect(numbers.statistics()[3]).toMatchObject({ itemsIn: 6, waiting: 6, itemsOut: 0 });
        tap.close();
      });
    }),
  );

  it(
    'L-74: blocked time is that of waiting for room behind',
    testRun(async () => {
      await openPipeline(
        pipeline(
          [1, 2],
          map((x) => x),
          buffer(0),
        ),
        async (numbers) => {
          const tap = numbers.tap();
          await sleep(100);
          await tap.receive();
          const [first] = numbers.statistics();
          expect(first!.blockedTime).toBe(100);
          expect(first!.busyTime).toBe(0);
        },
      );
    }),
  );
});
