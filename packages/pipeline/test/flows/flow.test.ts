import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { checkpoint, currentTime, openNursery, sleep, sleepForever } from '@tercet/core';
import { SystemClock, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import {
  batch,
  buffer,
  changes,
  filter,
  flatMap,
  flatten,
  map,
  merge,
  pairwise,
  pipeline,
  scan,
  skip,
  take,
  tap,
  window,
} from '@tercet/pipeline';
import type { Flow, Section } from '@tercet/pipeline';
import { CountingSource } from '../sources.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

describe('the methods that consume a flow', () => {
  it(
    'gives each its result',
    testRun(async () => {
      const flow = pipeline([3, 1, 2]);
      expect(await flow.toArray()).toEqual([3, 1, 2]);
      expect(await flow.reduce((sum, item) => sum + item, 0)).toBe(6);
      expect(await flow.reduce(async (sum, item) => sum + item, 0)).toBe(6);
      expect(await flow.first()).toBe(3);
      expect(await pipeline([]).first()).toBeUndefined();
      expect(await flow.count()).toBe(3);
      expect(await flow.drain()).toBeUndefined();
      const items: number[] = [];
      await flow.forEach(async (item) => {
        await sleep(1);
        items.push(item);
      });
      expect(items).toEqual([3, 1, 2]);
      expect(await flow.open((channel) => channel.receive())).toBe(3);
    }),
  );

  it(
    'calls the function of forEach for several items at a time, if asked to',
    testRun(async () => {
      let running = 0;
      let most = 0;
      await pipeline([1, 2, 3, 4, 5]).forEach(
        async () => {
          most = Math.max(most, ++running);
          await sleep(1);
          running--;
        },
        { concurrency: 2 },
      );
      expect(most).toBe(2);
    }),
  );
});

describe('order and bounds', () => {
  it(
    'L-8: keeps the order through stages of different speed',
    testRun(async () => {
      const expected = Array.from({ length: 500 }, (_, index) => index);
      const flow = pipeline(
        expected,
        map(async (item) => item),
        buffer(3),
        map(async (item) => (item % 7 === 0 ? await sleep(1).then(() => item) : item), { concurrency: 5 }),
        buffer(0),
        flatMap((item) => [item]),
      );
      expect(await flow.toArray()).toEqual(expected);
    }),
  );

  it(
    'L-9: lets the source be at most one item for each section ahead, with buffer(0) after each',
    testRun(async () => {
      const source = new CountingSource(100);
      let delivered = 0;
      let most = 0;
      const flow = pipeline(
        source,
        buffer(0),
        map((x) => x),
        buffer(0),
        filter(() => true),
        buffer(0),
        tap(() => undefined),
        buffer(0),
      );
      await flow.forEach(async () => {
        await sleep(1);
        delivered++;
        most = Math.max(most, source.pulled - delivered);
      });
      expect(most).toBe(4);
    }),
  );

  it.each([1, 2, 10, 64])('L-9: lets exactly as many items wait as buffer(%i) says', (count) =>
    testRun(
      async () => {
        const source = new CountingSource(1000);
        await pipeline(source, buffer(count)).forEach(async () => {
          await waitAllTasksBlocked();
          expect(source.pulled).toBeLessThanOrEqual(count + 1 + counted++);
          expect(counted > 1 || source.pulled === count + 1).toBe(true);
        });
      },
      { clock: () => new SystemClock() },
    )().finally(() => (counted = 0)),
  );
  let counted = 0;

  it(
    'L-10: lets no more than 64 items be ahead at a boundary, with a slow and with a bursty consumer',
    testRun(async () => {
      for (const isSlow of [true, false]) {
        const source = new CountingSource(2000);
        let delivered = 0;
        let most = 0;
        await pipeline(
          source,
          map(async (x) => x),
          map((x) => x),
        ).open(async (items) => {
          for await (const _ of items) {
            delivered++;
            if (isSlow || delivered % 50 === 0) await sleep(1);
            most = Math.max(most, source.pulled - delivered);
          }
        });
        // One boundary between the map, which reads the source itself, and the reader.
        expect(delivered).toBe(2000);
        expect(most).toBeLessThanOrEqual(64);
        expect(most).toBeGreaterThan(32);
      }
    }),
  );

  it(
    'L-10: counts boundaries: three stages, two boundaries',
    testRun(async () => {
      const source = new CountingSource(2000);
      let delivered = 0;
      let most = 0;
      await pipeline(
        source,
        map((x) => x),
        map(async (x) => x),
        map(async (x) => x),
      ).forEach(async () => {
        delivered++;
        if (delivered % 10 === 0) await sleep(1);
        most = Math.max(most, source.pulled - delivered);
      });
      expect(most).toBeLessThanOrEqual(2 * 64);
    }),
  );

  it(
    'L-11: hands an item to the sink without waiting for a next one',
    testRun(async () => {
      async function* lonely(): AsyncGenerator<number> {
        yield 1;
        await sleepForever();
      }
      const stages: Section<number, number>[] = [
        map(async (x) => x),
        buffer(64),
        map((x) => x),
        map((x) => x, { concurrency: 4 }),
      ];
      for (const stage of stages) {
        expect(await pipeline(lonely, stage, buffer(10), stage).first()).toBe(1);
      }
      expect(currentTime()).toBe(0);
    }),
  );

  it(
    'L-13: lets timers go on while a synchronous source is read',
    testRun(
      async () => {
        // In time of the processor, since the machine may be busy with something else.
        const gaps: number[] = [];
        await openNursery(async (nursery) => {
          nursery.startSoon(async () => {
            for (let last = usedTime(); ;) {
              await sleep(1);
              gaps.push(usedTime() - last);
              last = usedTime();
            }
          });
          let sum = 0;
          await pipeline(
            new CountingSource(2_000_000),
            map((x) => x + 1),
            filter((x) => x > 0),
          ).forEach((x) => {
            sum += x;
          });
          expect(sum).toBe(2_000_001_000_000);
          nursery.cancelScope.cancel();
        });
        expect(gaps.length).toBeGreaterThan(20);
        expect(gaps.sort((a, b) => a - b)[gaps.length >> 1]).toBeLessThan(5);
      },
      { clock: () => new SystemClock() },
    ),
  );

  it(
    'L-13: also inside flatten, and where all functions are async and ready',
    testRun(
      async () => {
        for (const flow of [
          pipeline([new CountingSource(300_000)], flatten()) as Flow<number>,
          pipeline(
            new CountingSource(100_000),
            map(async (x) => x),
          ),
        ]) {
          let ticks = 0;
          await openNursery(async (nursery) => {
            nursery.startSoon(async () => {
              for (;;) {
                await sleep(1);
                ticks++;
              }
            });
            await flow.drain();
            nursery.cancelScope.cancel();
          });
          expect(ticks).toBeGreaterThan(2);
        }
      },
      { clock: () => new SystemClock() },
    ),
  );

  it(
    'L-14: needs no more memory for more items',
    testRun(
      async () => {
        const flowOf = (count: number): Flow<unknown> =>
          pipeline(
            new CountingSource(count, (index) => ({ index })),
            map((item) => ({ ...item })),
            buffer(64),
            map(async (item) => item, { concurrency: 4 }),
            window({ size: 3 }),
            batch({ size: 10 }),
          );
        const heapAfter = async (count: number): Promise<number> => {
          let most = 0;
          let seen = 0;
          await flowOf(count).forEach(() => {
            if (++seen % 2000 === 0) most = Math.max(most, usedHeap());
          });
          return most;
        };
        await heapAfter(20_000);
        const few = await heapAfter(20_000);
        const many = await heapAfter(200_000);
        expect(many - few).toBeLessThan(8_000_000);
      },
      { clock: () => new SystemClock() },
    ),
    120_000,
  );

  it(
    'L-15: works with no item, with one, and with endless sources',
    testRun(async () => {
      const sections: Record<string, Section<number, unknown>> = {
        map: map((x) => x),
        'async map': map(async (x) => x),
        'concurrent map': map(async (x) => x, { concurrency: 3 }),
        filter: filter(() => true),
        tap: tap(() => undefined),
        flatMap: flatMap((x) => [x]),
        skip: skip(0),
        changes: changes(),
        scan: scan((_, x: number) => x, 0),
        batch: batch({ size: 1 }),
        'timed batch': batch({ size: 1, within: 5 }),
        window: window({ size: 1 }),
        buffer: buffer(2),
        merge: merge([]),
      };
      for (const [name, section] of Object.entries(sections)) {
        expect([name, await pipeline([], section).toArray()]).toEqual([name, []]);
        expect([name, await pipeline([7], section).count()]).toEqual([name, 1]);
        expect([name, await pipeline(new CountingSource(), section, take(3)).count()]).toEqual([name, 3]);
        expect([name, await pipeline(endless, section, take(3)).count()]).toEqual([name, 3]);
      }
      expect(await pipeline(new CountingSource(), pairwise(), take(3)).count()).toBe(3);
    }),
  );
});

async function* endless(): AsyncGenerator<number> {
  for (let index = 0; ; index++) {
    await checkpoint();
    yield index;
  }
}

/** In milliseconds. */
function usedTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function usedHeap(): number {
  gc();
  return process.memoryUsage().heapUsed;
}
