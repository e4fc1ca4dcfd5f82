import { describe, expect, it } from '@jest/globals';
import { currentTime, sleep } from '@tercet/core';
import { testRun } from '@tercet/testing';
import { batch, broadcast, map, partition, pipeline, route, section, take, taskSection } from '@tercet/pipeline';
import type { Section } from '@tercet/pipeline';
import { leavesFrom } from '../failing.ts';
import { CountingSource, timed } from '../sources.ts';

/** Writes down when it begins and ends. */
const watched = (key: unknown, log: string[]): Section<string, string> =>
  taskSection<string, string>('watched', async (input, emit) => {
    log.push(`${String(key)} opens`);
    for await (const item of input) await emit(item);
    log.push(`${String(key)} ends`);
  });

describe('partition', () => {
  it(
    'L-71: opens one sub-flow for each key, and keeps the order of each',
    testRun(async () => {
      const log: string[] = [];
      const items = ['a1', 'b1', 'a2', 'c1', 'b2', 'a3'];
      const flow = pipeline(
        items,
        partition(
          (item) => item[0],
          (key) => watched(key, log),
        ),
      );
      const results = await flow.toArray();
      expect([...results].sort()).toEqual([...items].sort());
      for (const key of 'abc')
        expect(results.filter((item) => item.startsWith(key))).toEqual(items.filter((item) => item.startsWith(key)));
      expect(log.filter((line) => line.includes('opens'))).toEqual(['a opens', 'b opens', 'c opens']);
    }),
  );

  it(
    'L-71: works on keys beside each other',
    testRun(async () => {
      const flow = pipeline(
        ['a1', 'b1', 'a2', 'b2'],
        partition(
          (item) => item[0],
          () => map(async (item: string) => (await sleep(10), item)),
        ),
      );
      expect(await flow.count()).toBe(4);
      expect(currentTime()).toBe(20);
    }),
  );

  it(
    'L-71: closes idle ones, which give what they have kept',
    testRun(async () => {
      const log: string[] = [];
      const source = timed([
        [0, 'a1'],
        [1, 'b1'],
        [20, 'b2'],
        [100, 'a2'],
      ] as const);
      const flow = pipeline(
        source,
        partition(
          (item) => item[0],
          (key) => section(watched(key, log), batch({ size: 5 })),
          { idle: 30 },
        ),
      );
      const results = await flow.toArray();
      expect(results).toEqual([['a1'], ['b1', 'b2'], ['a2']]);
      expect(log).toEqual(['a opens', 'b opens', 'a ends', 'b ends', 'a opens', 'a ends']);
    }),
  );

  it(
    'L-71: never has more than maxOpen, and ends the branch that was used longest ago',
    testRun(async () => {
      let open = 0;
      let most = 0;
      const counted = (): Section<string, string> =>
        taskSection<string, string>('counted', async (input, emit) => {
          most = Math.max(most, ++open);
          try {
            for await (const item of input) await emit(item);
            await sleep(5);
          } finally {
            open--;
          }
        });
      const items = Array.from({ length: 40 }, (_, index) => `${(index * 7) % 5}${index}`);
      const flow = pipeline(
        items,
        partition((item) => item[0], counted, { maxOpen: 2 }),
      );
      expect((await flow.toArray()).sort()).toEqual([...items].sort());
      expect(most).toBe(2);
      expect(() => partition(String, counted, { maxOpen: 0 })).toThrow(RangeError);
    }),
  );

  it(
    'L-71: an error in a sub-flow, in the key, or in the function that makes it, ends all',
    testRun(async () => {
      const bad = (): never => {
        throw new RangeError('bad');
      };
      const items = new CountingSource(Infinity, String);
      for (const each of [
        partition(bad, () => map(String)),
        partition(String, bad),
        partition(String, () => map(bad)),
      ] as Section<string, string>[]) {
        // The sub-flows of several keys may have failed by then.
        expect(new Set((await leavesFrom(pipeline(items, each).drain())).map(String))).toEqual(
          new Set(['RangeError: bad']),
        );
      }
      expect(
        await leavesFrom(
          pipeline(
            ['a'],
            partition(String, () => 5 as never),
          ).drain(),
        ),
      ).toEqual([expect.any(TypeError)]);
      expect(
        await pipeline(
          items,
          partition(
            (item) => item.at(-1),
            () => map(String),
          ),
          take(5),
        ).count(),
      ).toBe(5);
    }),
  );
});

describe('route and broadcast', () => {
  it(
    'L-71: route gives each item to the sections that are named, and refuses an unknown branch',
    testRun(async () => {
      const flow = pipeline(
        [1, 2, 3, 4],
        route((item) => (item % 2 === 0 ? 'even' : 'odd'), {
          even: map((x: number) => x * 10),
          odd: batch<number>({ size: 5 }),
        }),
      );
      expect(await flow.toArray()).toEqual(expect.arrayContaining([20, 40, [1, 3]]));
      const wrong = pipeline(
        [1],
        route(() => 'nowhere' as never, { here: map(String) }),
      );
      const [error] = await leavesFrom(wrong.drain());
      expect(error).toEqual(new RangeError('route#1: there is no branch "nowhere"; there are here'));
      expect(() => route(String as never, { a: 5 as never })).toThrow(/the branch "a" must be a section/);
    }),
  );

  it(
    'broadcast gives each item to all branches, and the slowest rules the pace',
    testRun(async () => {
      const flow = pipeline(
        [1, 2, 3],
        broadcast(2, (index) => map((x: number) => `${index}:${x}`)),
      );
      const results = await flow.toArray();
      expect(results.filter((text) => text.startsWith('0'))).toEqual(['0:1', '0:2', '0:3']);
      expect(results.filter((text) => text.startsWith('1'))).toEqual(['1:1', '1:2', '1:3']);
      const source = new CountingSource(500);
      const paced = pipeline(
        source,
        broadcast(2, (index) => (index === 0 ? map((x: number) => x) : map(async (x: number) => (await sleep(1), x)))),
        take(20),
      );
      await paced.drain();
      expect(source.pulled).toBeLessThan(200);
    }),
  );

  it(
    'L-15: route ends when all of its branches have ended',
    testRun(async () => {
      const source = new CountingSource();
      const flow = pipeline(
        source,
        route((n) => (n % 2 === 0 ? 'even' : 'odd'), { even: take<number>(2), odd: take<number>(2) }),
      );
      expect((await flow.toArray()).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
      expect(source.returned).toBe(1);
    }),
  );
});
