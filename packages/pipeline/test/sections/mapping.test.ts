import { describe, expect, it } from '@jest/globals';
import { currentTime, openNursery, sleep, sleepForever } from '@tercet/core';
import { currentTask, formatTaskTree, taskTree } from '@tercet/core/lowlevel';
import { openMemoryChannel } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import { map, pipeline, take } from '@tercet/pipeline';
import type { Executor } from '@tercet/pipeline';
import { CountingSource } from '../sources.ts';

/** Counts running calls. Each call takes the time that its item names. */
class Work {
  readonly begun: number[] = [];
  running = 0;
  most = 0;
  readonly #time: (item: number) => number;

  constructor(time: (item: number) => number) {
    this.#time = time;
  }

  readonly call = async (item: number): Promise<number> => {
    this.begun.push(item);
    this.most = Math.max(this.most, ++this.running);
    await sleep(this.#time(item));
    this.running--;
    return item;
  };
}

describe('map with several calls at a time', () => {
  it.each([1, 2, 5])('L-34: never makes more than %i', (concurrency) =>
    testRun(async () => {
      for (const ordered of [true, false]) {
        const work = new Work((item) => (item * 7) % 5);
        const items = await pipeline(new CountingSource(50), map(work.call, { concurrency, ordered })).toArray();
        expect(items.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index));
        expect(work.most).toBe(concurrency);
      }
    })(),
  );

  it(
    'L-34: takes Infinity for "all that there are"',
    testRun(async () => {
      const work = new Work(() => 10);
      await pipeline(new CountingSource(200), map(work.call, { concurrency: Infinity })).drain();
      expect(work.most).toBe(200);
      expect(currentTime()).toBe(10);
    }),
  );

  it(
    'L-35: uses all of them while the first item is late, as far as ahead allows',
    testRun(async () => {
      for (const [ahead, begun] of [
        [0, 4],
        [3, 7],
        [undefined, 8],
      ] as const) {
        const work = new Work((item) => (item === 0 ? 1000 : 1));
        await openNursery(async (nursery) => {
          nursery.startSoon(async () => {
            await sleep(900);
            expect(work.begun.length).toBe(begun);
            expect(work.most).toBe(4);
          });
          const options = ahead === undefined ? { concurrency: 4 } : { concurrency: 4, ahead };
          await pipeline(new CountingSource(50), map(work.call, options)).drain();
        });
      }
    }),
  );

  it(
    'L-36: keeps the order, however long the calls take',
    testRun(async () => {
      const expected = Array.from({ length: 300 }, (_, index) => index);
      for (const concurrency of [2, 3, 16]) {
        const times = expected.map(() => Math.random() * 10);
        const work = new Work((item) => times[item]!);
        expect(await pipeline(expected, map(work.call, { concurrency })).toArray()).toEqual(expected);
      }
    }),
  );

  it(
    'L-37: without order gives results as they are there',
    testRun(async () => {
      const work = new Work((item) => item);
      const items = await pipeline([30, 10, 20], map(work.call, { concurrency: 3, ordered: false })).toArray();
      expect(items).toEqual([10, 20, 30]);
    }),
  );

  it(
    'L-39: works on equal keys one after the other, and on others beside them',
    testRun(async () => {
      const running = new Set<string>();
      let most = 0;
      const items = ['a1', 'a2', 'b1', 'a3', 'b2', 'c1', 'c2', 'b3', 'a4'];
      for (const ordered of [true, false]) {
        const done: string[] = [];
        const flow = pipeline(
          items,
          map(
            async (item) => {
              const key = item[0]!;
              expect(running.has(key)).toBe(false);
              running.add(key);
              most = Math.max(most, running.size);
              await sleep(key === 'a' ? 10 : 3);
              running.delete(key);
              done.push(item);
              return item;
            },
            { concurrency: 3, ahead: 10, key: (item) => item[0], ordered },
          ),
        );
        const results = await flow.toArray();
        expect(ordered ? results : items).toEqual(items);
        for (const key of 'abc') {
          const own = (all: string[]): string[] => all.filter((item) => item.startsWith(key));
          expect(own(done)).toEqual(own(items));
          expect(own(results)).toEqual(own(items));
        }
        expect(most).toBe(3);
      }
    }),
  );

  it(
    'L-39: an error of the key function is an error of the section',
    testRun(async () => {
      const flow = pipeline(
        [1, 2],
        map(async (x: number) => x, {
          concurrency: 2,
          key: (item) => {
            if (item === 2) throw new RangeError('no key');
            return item;
          },
        }),
      );
      await expect(flow.toArray()).rejects.toThrow(/map#1: RangeError: no key/);
    }),
  );

  it(
    'L-40: an executor calls the function, under the same bounds',
    testRun(async () => {
      let running = 0;
      let most = 0;
      const calls: unknown[] = [];
      const executor: Executor = {
        async run(fn, ...args) {
          most = Math.max(most, ++running);
          calls.push(fn);
          await sleep(5);
          running--;
          return (await fn(...args)) as never;
        },
        stream: () => Promise.reject(new Error('not used')),
      };
      const double = (item: number): number => 2 * item;
      expect(await pipeline([1, 2, 3, 4], map(double, { executor, concurrency: 2 })).toArray()).toEqual([2, 4, 6, 8]);
      expect(most).toBe(2);
      expect(calls).toEqual([double, double, double, double]);
    }),
  );

  it(
    'L-34: gives each worker a task with a name',
    testRun(async () => {
      let tree = '';
      const names: string[] = [];
      const [send, receive] = openMemoryChannel<number>(5);
      for (const item of [1, 2, 3]) send.sendNowait(item);
      const flow = pipeline(
        receive,
        map(
          async function fetchPage(item: number) {
            if (item === 3) tree = formatTaskTree(taskTree());
            names.push(currentTask().name);
            if (item !== 3) await sleepForever();
            return item;
          },
          { concurrency: 3, ordered: false },
        ),
        take(1),
      );
      expect(await flow.toArray()).toEqual([3]);
      expect(tree).toContain("map#1 'fetchPage' worker 1");
      expect(names).toEqual([1, 2, 3].map((worker) => `map#1 'fetchPage' worker ${worker}`));
    }),
  );

  it('refuses numbers that do not fit', () => {
    expect(() => map(String, { concurrency: 0 })).toThrow(RangeError);
    expect(() => map(String, { concurrency: 1.5 })).toThrow(/must be an integer of at least 1/);
    expect(() => map(String, { ahead: -1 })).toThrow(RangeError);
    expect(() => map(5 as never)).toThrow(/map\(\) takes a function, .* not 5/);
  });
});
