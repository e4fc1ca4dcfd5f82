import { describe, expect, it } from '@jest/globals';
import { currentTime, moveOnAfter, sleep } from '@tercet/core';
import { openMemoryChannel } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import { buffer, chain, interleave, map, merge, pipeline, race, take, zip, zipLatest } from '@tercet/pipeline';
import { groupFrom, leavesFrom } from '../failing.ts';
import { CountingSource, ticks, timed } from '../sources.ts';

const failing = async function* (after: number): AsyncGenerator<number> {
  yield 1;
  await sleep(after);
  throw new RangeError('broken');
};

describe('chain', () => {
  it(
    'L-55: gives one source after the other, and opens the second only after the first has ended',
    testRun(async () => {
      const second = new CountingSource(2);
      let pulledDuringFirst = -1;
      const first = function* (): Generator<string> {
        yield 'a';
        pulledDuringFirst = second.pulled;
      };
      expect(await pipeline(chain(first, second)).toArray()).toEqual(['a', 0, 1]);
      expect(pulledDuringFirst).toBe(0);
    }),
  );

  it(
    'L-55: places the items from above',
    testRun(async () => {
      expect(await pipeline([1], chain([2], [3])).toArray()).toEqual([1, 2, 3]);
      expect(await pipeline([1], chain({ first: [[0]], last: [[2], [3]] })).toArray()).toEqual([0, 1, 2, 3]);
      expect(await pipeline(chain({ first: [[0]], last: [[2]] })).toArray()).toEqual([0, 2]);
      expect(() => chain(5 as never)).toThrow(/source 1 must be iterable/);
    }),
  );
});

describe('merge', () => {
  it(
    'L-56: gives items as they come and ends with the last source',
    testRun(async () => {
      const flow = pipeline(
        merge(
          timed([
            [1, 'a'],
            [4, 'b'],
          ] as const),
          timed([
            [2, 'x'],
            [10, 'y'],
          ] as const),
        ),
      );
      expect(await flow.toArray()).toEqual(['a', 'x', 'b', 'y']);
      expect(await pipeline([1], merge([2], [3])).toArray()).toEqual(expect.arrayContaining([1, 2, 3]));
      expect(await pipeline(merge()).toArray()).toEqual([]);
    }),
  );

  it(
    'L-56: is fair between sources that always have an item',
    testRun(async () => {
      const flow = pipeline(
        merge(new CountingSource(Infinity, () => 'a'), new CountingSource(Infinity, () => 'b')),
        take(2000),
      );
      const items = await flow.toArray();
      const share = items.filter((item) => item === 'a').length / items.length;
      expect(share).toBeGreaterThan(0.4);
      expect(share).toBeLessThan(0.6);
    }),
  );

  it(
    'L-56: opens no more than maxConcurrent sources at a time',
    testRun(async () => {
      const flow = pipeline(merge(ticks(10, 1), ticks(10, 1), ticks(10, 1), { maxConcurrent: 2 }));
      expect(await flow.count()).toBe(3);
      expect(currentTime()).toBe(20);
      expect(() => merge([1], { maxConcurrent: 0 })).toThrow(RangeError);
    }),
  );
});

describe('zip', () => {
  it(
    'L-57: ends with the shortest and closes the others',
    testRun(async () => {
      const long = new CountingSource();
      expect(await pipeline(zip(long, ['a', 'b'])).toArray()).toEqual([
        [0, 'a'],
        [1, 'b'],
      ]);
      expect(long.returned).toBe(1);
      // One item was taken before it turned out that there is no partner.
      expect(long.pulled).toBe(3);
      const log: string[] = [];
      expect(await pipeline(zip(['a', 'b'], () => ticks(1, Infinity, log))).toArray()).toEqual([
        ['a', 0],
        ['b', 1],
      ]);
      expect(log).toEqual(['closed']);
    }),
  );

  it(
    'L-57: takes nothing from a channel for which there is no partner',
    testRun(async () => {
      const [send, receive] = openMemoryChannel<number>(10);
      for (let item = 0; item < 5; item++) send.sendNowait(item);
      expect(await pipeline(zip(['a', 'b'], receive)).toArray()).toEqual([
        ['a', 0],
        ['b', 1],
      ]);
      expect(receive.statistics().currentBufferUsed).toBe(3);
    }),
  );

  it(
    'L-57: places the items from above',
    testRun(async () => {
      expect(await pipeline([1, 2], zip(['a', 'b'])).toArray()).toEqual([
        [1, 'a'],
        [2, 'b'],
      ]);
      expect(await pipeline([1, 2], zip({ first: [['a', 'b']], last: [[true, false]] })).toArray()).toEqual([
        ['a', 1, true],
        ['b', 2, false],
      ]);
    }),
  );

  it(
    'L-57: closes its sources also when it is cancelled from outside',
    testRun(async () => {
      const log: string[] = [];
      await moveOnAfter(5, () =>
        pipeline(
          zip(
            () => ticks(1, Infinity, log),
            () => ticks(2, Infinity, log),
          ),
        ).drain(),
      );
      expect(log).toEqual(['closed', 'closed']);
    }),
  );
});

describe('zipLatest', () => {
  const left = () =>
    timed([
      [1, 'a'],
      [4, 'b'],
    ] as const);
  const right = () =>
    timed([
      [2, 1],
      [1, 2],
      [10, 3],
    ] as const);

  it(
    'L-58: gives an array for each item of a main source, at first with the default',
    testRun(async () => {
      const partial = pipeline(zipLatest(left, right, { inputs: 'all' }));
      expect(await partial.toArray()).toEqual([
        ['a', undefined],
        ['a', 1],
        ['a', 2],
        ['b', 2],
        ['b', 3],
      ]);
      const withDefault = pipeline(zipLatest(left, right, { inputs: 'all', default: 0 }), take(2));
      expect(await withDefault.toArray()).toEqual([
        ['a', 0],
        ['a', 1],
      ]);
      const full = pipeline(zipLatest(left, right, { inputs: 'all', partial: false }), take(2));
      expect(await full.toArray()).toEqual([
        ['a', 1],
        ['a', 2],
      ]);
    }),
  );

  it(
    'L-58: a monitored source leads to nothing, but is waited for with partial: false',
    testRun(async () => {
      const flow = pipeline(zipLatest(left, { monitor: [right], partial: false, inputs: 'all' }));
      expect(await flow.toArray()).toEqual([['b', 2]]);
      const above = pipeline(left, zipLatest({ first: [right] }, { monitorInput: true, inputs: 'all' }));
      expect(await above.toArray()).toEqual([
        [1, 'a'],
        [2, 'a'],
        [3, 'b'],
      ]);
    }),
  );

  it(
    'L-58: ends with the first source that ends, or with the last',
    testRun(async () => {
      expect(await pipeline(zipLatest(left, right)).toArray()).toEqual([
        ['a', undefined],
        ['a', 1],
        ['a', 2],
        ['b', 2],
      ]);
      expect(currentTime()).toBe(5);
      expect(await pipeline(zipLatest(left, { monitor: [[1]] })).count()).toBeLessThan(2);
      expect(() => zipLatest([1], { inputs: 'x' as never })).toThrow(TypeError);
      expect(() => zipLatest([1], { monitor: 5 as never })).toThrow(TypeError);
    }),
  );
});

describe('all combiners', () => {
  it.each([
    [
      'merge',
      (source: () => AsyncGenerator<number>, other: () => AsyncGenerator<number>) => pipeline(merge(source, other)),
    ],
    [
      'chain',
      (source: () => AsyncGenerator<number>, other: () => AsyncGenerator<number>) => pipeline(chain(source, other)),
    ],
    [
      'zip',
      (source: () => AsyncGenerator<number>, other: () => AsyncGenerator<number>) => pipeline(zip(source, other)),
    ],
    [
      'zipLatest',
      (source: () => AsyncGenerator<number>, other: () => AsyncGenerator<number>) => pipeline(zipLatest(source, other)),
    ],
    [
      'interleave',
      (source: () => AsyncGenerator<number>, other: () => AsyncGenerator<number>) =>
        pipeline(interleave(source, other)),
    ],
    [
      'race',
      (source: () => AsyncGenerator<number>, other: () => AsyncGenerator<number>) => pipeline(race(source, other)),
    ],
  ] as const)('L-59: an error in one source of %s ends the others', (name, flowOf) =>
    testRun(async () => {
      const log: string[] = [];
      const error = await groupFrom(
        flowOf(
          () => failing(3),
          () => ticks(1, Infinity, log),
        ).drain(),
      );
      expect(error.errors).toEqual([new RangeError('broken')]);
      expect(log).toEqual(name === 'chain' ? [] : ['closed']);
    })(),
  );

  it(
    'L-60: take whole flows as sources',
    testRun(async () => {
      const a = pipeline(
        [1, 2, 3],
        map(async (x) => x * 10),
        buffer(0),
        take(2),
      );
      const b = pipeline(
        a,
        map((x) => x + 1),
      );
      expect(await pipeline(zip(a, b)).toArray()).toEqual([
        [10, 11],
        [20, 21],
      ]);
      expect(await pipeline(chain(a, b)).toArray()).toEqual([10, 20, 11, 21]);
      expect(new Set(await pipeline(merge(a, b)).toArray())).toEqual(new Set([10, 11, 20, 21]));
      expect(await pipeline(interleave(a, b)).toArray()).toEqual([10, 11, 20, 21]);
      const failingFlow = pipeline(
        [1],
        map(() => {
          throw new RangeError('inside');
        }),
      );
      expect(await leavesFrom(pipeline(chain(a, failingFlow)).drain())).toEqual([new RangeError('inside')]);
    }),
  );

  it(
    'L-61: race: the first source that has an item wins, and the others are closed',
    testRun(async () => {
      const log: string[] = [];
      const flow = pipeline(
        race(
          () => ticks(5, Infinity, log),
          () => ticks(2, 3, log),
          [],
        ),
      );
      expect(await flow.toArray()).toEqual([0, 1, 2]);
      expect(currentTime()).toBe(6);
      expect(log).toEqual(['closed', 'closed']);
      expect(await pipeline(race([], [])).toArray()).toEqual([]);
    }),
  );

  it(
    'interleave gives one of each in turn, without those that have ended',
    testRun(async () => {
      expect(await pipeline(interleave([1, 2, 3], ['a'], [true, false])).toArray()).toEqual([
        1,
        'a',
        true,
        2,
        false,
        3,
      ]);
    }),
  );
});
