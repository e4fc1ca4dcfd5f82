import { describe, expect, it, jest } from '@jest/globals';
import { BusyResourceError, currentTime, sleep, TooSlowError } from '@tercet/core';
import { testRun } from '@tercet/testing';
import {
  append,
  batch,
  buffer,
  changes,
  debounce,
  delay,
  distinct,
  filter,
  flatMap,
  flatten,
  insert,
  map,
  metronome,
  orElse,
  pairwise,
  pipeline,
  rateLimit,
  repeat,
  scan,
  skip,
  skipWhile,
  take,
  takeWhile,
  tap,
  throttle,
  timeout,
  window,
} from '@tercet/pipeline';
import { leavesFrom } from '../failing.ts';
import { CountingSource, ticks, timed } from '../sources.ts';

/** Items with the instants at which they have come. */
const stamped = <T>() => map((item: T): [number, T] => [currentTime(), item]);

describe('sections that choose', () => {
  it(
    'L-41: skip, skipWhile and takeWhile; the predicate is not called after the first false',
    testRun(async () => {
      expect(await pipeline([1, 2, 3], skip(2)).toArray()).toEqual([3]);
      expect(await pipeline([1, 2], skip(5)).toArray()).toEqual([]);
      const asked: number[] = [];
      const isSmall = (item: number): boolean => (asked.push(item), item < 2);
      expect(await pipeline([1, 2, 1], skipWhile(isSmall)).toArray()).toEqual([2, 1]);
      expect(asked).toEqual([1, 2]);
      expect(await pipeline([1, 2, 1], takeWhile(isSmall)).toArray()).toEqual([1]);
      expect(asked).toEqual([1, 2, 1, 2]);
      expect(
        await pipeline(
          [1, 2, 1],
          skipWhile(async (item) => item < 2),
        ).toArray(),
      ).toEqual([2, 1]);
      expect(
        await pipeline(
          [1, 2, 1],
          takeWhile(async (item) => item < 2),
        ).toArray(),
      ).toEqual([1]);
      expect(() => skip(-1)).toThrow(RangeError);
    }),
  );

  it(
    'L-42: changes compares with the last item it has let through; the first passes; NaN equals NaN',
    testRun(async () => {
      expect(await pipeline([undefined, undefined, 1, 1, NaN, NaN, 1], changes()).toArray()).toEqual([
        undefined,
        1,
        NaN,
        1,
      ]);
      const near = changes<number, number>({ equals: (a, b) => Math.abs(a - b) < 3 });
      expect(await pipeline([1, 2, 3, 4, 6], near).toArray()).toEqual([1, 4]);
      const byKey = changes<{ k: number; v: string }, number>({ by: (item) => item.k });
      expect(
        await pipeline(
          [
            { k: 1, v: 'a' },
            { k: 1, v: 'b' },
            { k: 2, v: 'c' },
          ],
          byKey,
          map((x) => x.v),
        ).toArray(),
      ).toEqual(['a', 'c']);
    }),
  );

  it(
    'L-43: distinct remembers no more than max, and forgets the oldest',
    testRun(async () => {
      expect(await pipeline([1, 2, 1, 3, 1, 2], distinct({ max: 2 })).toArray()).toEqual([1, 2, 3, 1, 2]);
      expect(await pipeline(['a', 'A', 'b'], distinct({ max: 10, by: (x) => x.toLowerCase() })).toArray()).toEqual([
        'a',
        'b',
      ]);
      expect(() => distinct({ max: 0 })).toThrow(RangeError);
    }),
  );

  it(
    'filter, tap, scan, pairwise, flatten: also with async functions',
    testRun(async () => {
      const seen: number[] = [];
      const flow = pipeline(
        [1, 2, 3],
        filter(async (x) => x !== 2),
        tap(async (x) => seen.push(x)),
        scan(async (sum: number, x: number) => sum + x, 10),
      );
      expect(await flow.toArray()).toEqual([11, 14]);
      expect(seen).toEqual([1, 3]);
      expect(await pipeline([1, 2, 4], pairwise()).toArray()).toEqual([
        [1, 2],
        [2, 4],
      ]);
      expect(await pipeline([[1], [], new Set([2, 3])], flatten()).toArray()).toEqual([1, 2, 3]);
      expect(
        await pipeline(
          [2, 1],
          flatMap((count) => ticks(1, count)),
        ).toArray(),
      ).toEqual([0, 1, 0]);
      expect(
        await pipeline(
          [2, 1],
          flatMap(async (count) => Array(count).fill(count) as number[], { concurrency: 2 }),
        ).toArray(),
      ).toEqual([2, 2, 1]);
      expect(await leavesFrom(pipeline([5 as never as number[]], flatten()).drain())).toEqual([expect.any(TypeError)]);
    }),
  );
});

describe('rateLimit', () => {
  it(
    'L-44: drop: the first item passes, and the next one after the interval; for each subject',
    testRun(async () => {
      const items = timed([
        [0, 'a1'],
        [4, 'a2'],
        [4, 'b1'],
        [3, 'a3'],
        [1, 'a4'],
        [10, 'a5'],
      ] as const);
      const flow = pipeline(items, rateLimit({ every: 10, per: (item) => item[0], mode: 'drop' }), stamped());
      expect(await flow.toArray()).toEqual([
        [0, 'a1'],
        [8, 'b1'],
        [11, 'a3'],
        [22, 'a5'],
      ]);
    }),
  );

  it(
    'L-44: lets a burst pass after a rest, and forgets subjects that are at rest',
    testRun(async () => {
      const flow = pipeline(
        timed([
          [0, 1],
          [0, 2],
          [0, 3],
          [15, 4],
          [0, 5],
        ] as const),
        rateLimit({ every: 10, mode: 'drop', burst: 2 }),
      );
      expect(await flow.toArray()).toEqual([1, 2, 4]);
      const subjects = new Set<string>();
      const kept = { has: 0 };
      const counting = pipeline(
        timed(Array.from({ length: 50 }, (_, index) => [100, `s${index}`] as const)),
        rateLimit({
          every: 10,
          per: (item) => (subjects.add(item), { toString: () => item }),
          mode: 'drop',
        }),
      );
      // oxlint-disable-next-line typescript/unbound-method -- called with a map as this
      const { set, delete: remove } = Map.prototype;
      const isSubject = (key: unknown): boolean =>
        typeof key === 'object' && key !== null && subjects.has((key as { toString(): string }).toString());
      const setting = jest.spyOn(Map.prototype, 'set').mockImplementation(function (
        this: Map<unknown, unknown>,
        key,
        value,
      ) {
        if (isSubject(key)) kept.has++;
        return set.call(this, key, value);
      });
      const deleting = jest.spyOn(Map.prototype, 'delete').mockImplementation(function (
        this: Map<unknown, unknown>,
        key,
      ) {
        const had = remove.call(this, key);
        if (had && isSubject(key)) kept.has--;
        return had;
      });
      try {
        expect(await counting.count()).toBe(50);
      } finally {
        setting.mockRestore();
        deleting.mockRestore();
      }
      expect(kept.has).toBeLessThanOrEqual(1);
    }),
  );

  it(
    'L-45: wait: none is lost, and the spacing is kept',
    testRun(async () => {
      const flow = pipeline(
        timed([
          [0, 1],
          [1, 2],
          [1, 3],
          [100, 4],
        ] as const),
        rateLimit({ every: 10, mode: 'wait' }),
        stamped(),
      );
      expect(await flow.toArray()).toEqual([
        [0, 1],
        [10, 2],
        [20, 3],
        [102, 4],
      ]);
      expect(() => rateLimit({ every: 0, mode: 'wait' })).toThrow(RangeError);
      expect(() => rateLimit({ every: 1, mode: 'x' as never })).toThrow(TypeError);
    }),
  );
});

describe('batch', () => {
  it(
    'L-46: by size, with the rest at the end, and never an empty one',
    testRun(async () => {
      expect(await pipeline([1, 2, 3, 4, 5], batch({ size: 2 })).toArray()).toEqual([[1, 2], [3, 4], [5]]);
      expect(await pipeline([1, 2], batch({ size: 2 })).toArray()).toEqual([[1, 2]]);
      expect(await pipeline([], batch({ size: 2 })).toArray()).toEqual([]);
      expect(await pipeline(timed([[100, 1]] as const), batch({ within: 10 })).toArray()).toEqual([[1]]);
      expect(() => batch({})).toThrow(/give a size, or a time within/);
      expect(() => batch({ size: 0 })).toThrow(RangeError);
    }),
  );

  it(
    'L-46: by time from its first item',
    testRun(async () => {
      const items = timed([
        [50, 1],
        [6, 2],
        [3, 3],
        [6, 4],
        [20, 5],
      ] as const);
      expect(await pipeline(items, batch({ within: 10 }), stamped()).toArray()).toEqual([
        [60, [1, 2, 3]],
        [75, [4]],
        [85, [5]],
      ]);
    }),
  );

  it(
    'L-46: by both, and no item twice where both come at the same time',
    testRun(async () => {
      const items = timed([
        [0, 1],
        [10, 2],
        [0, 3],
        [10, 4],
      ] as const);
      const batches = await pipeline(items, batch({ size: 2, within: 10 })).toArray();
      expect(batches.flat()).toEqual([1, 2, 3, 4]);
      for (const each of batches) expect(each.length).toBeLessThanOrEqual(2);
    }),
  );

  it(
    'L-46: a source that never waits does not hold up the time',
    testRun(async () => {
      const flow = pipeline(ticks(1, 100), batch({ within: 10 }));
      const sizes = await flow.through(map((each) => each.length)).toArray();
      expect(Math.max(...sizes)).toBeLessThanOrEqual(11);
    }),
  );

  it(
    'L-47: takes nothing while a batch has not been taken',
    testRun(async () => {
      for (const section of [batch<number>({ size: 3 }), batch<number>({ size: 3, within: 1000 })]) {
        const source = new CountingSource();
        await pipeline(source, section).open(async (batches) => {
          await sleep(10);
          // Three are in the batch that waits to be taken.
          expect(source.pulled).toBe(3);
          await batches.receive();
          await sleep(10);
          expect(source.pulled).toBe(6);
        });
        const direct = new CountingSource();
        await pipeline(direct, section, take(5)).forEach(async () => {
          const before = direct.pulled;
          await sleep(10);
          expect(direct.pulled).toBe(before);
        });
      }
    }),
  );

  it(
    'L-47: not from an async source either, but for items that were asked for',
    testRun(async () => {
      let made = 0;
      async function* source(): AsyncGenerator<number> {
        for (;;) yield made++;
      }
      await pipeline(source, batch({ size: 3, within: 1000 })).open(async (batches) => {
        await sleep(10);
        expect(made).toBe(3);
        expect(await batches.receive()).toEqual([0, 1, 2]);
        await sleep(10);
        expect(made).toBe(6);
      });
    }),
  );

  it(
    'L-47: eager takes up to 64 ahead',
    testRun(async () => {
      const source = new CountingSource();
      await pipeline(source, batch({ size: 2, eager: true })).open(async () => {
        await sleep(10);
        expect(source.pulled).toBe(2 * 64);
      });
    }),
  );

  it(
    'L-48: weigh bounds by weight, and a heavy item is a batch on its own',
    testRun(async () => {
      const weigh = (item: number): number => item;
      for (const section of [batch({ size: 10, weigh }), batch({ size: 10, weigh, within: 1000 })]) {
        expect(await pipeline([4, 4, 4, 99, 1, 9, 1], section).toArray()).toEqual([[4, 4], [4], [99], [1, 9], [1]]);
      }
      expect(await leavesFrom(pipeline([1], batch({ size: 10, weigh: () => NaN })).drain())).toEqual([
        expect.any(RangeError),
      ]);
    }),
  );
});

describe('window', () => {
  it(
    'L-49: by size and age, from min on, on each item, always a fresh array',
    testRun(async () => {
      expect(await pipeline([1, 2, 3], window({ size: 2 })).toArray()).toEqual([[1], [1, 2], [2, 3]]);
      expect(await pipeline([1, 2, 3], window({ size: 2, min: 2 })).toArray()).toEqual([
        [1, 2],
        [2, 3],
      ]);
      const aged = pipeline(
        timed([
          [0, 1],
          [5, 2],
          [6, 3],
        ] as const),
        window({ size: 10, within: 10 }),
      );
      expect(await aged.toArray()).toEqual([[1], [1, 2], [2, 3]]);
      const changed = pipeline(
        [1, 2, 3],
        window<number>({ size: 3 }),
        map((items) => (items.push(9), items.length)),
      );
      expect(await changed.toArray()).toEqual([2, 3, 4]);
      expect(() => window({ size: 1, min: 2 })).toThrow(RangeError);
    }),
  );
});

describe('sections of time', () => {
  it(
    'L-50: delay keeps order and distances, and holds no more than max',
    testRun(async () => {
      const flow = pipeline(
        timed([
          [0, 1],
          [5, 2],
          [1, 3],
        ] as const),
        delay(100),
        stamped(),
      );
      expect(await flow.toArray()).toEqual([
        [100, 1],
        [105, 2],
        [106, 3],
      ]);
      const source = new CountingSource();
      const limited = pipeline(source, delay(100, { max: 5 })).open(async (items) => {
        await sleep(50);
        expect(source.pulled).toBe(5);
        await items.receive();
      });
      await limited;
    }),
  );

  it(
    'L-51: repeat gives an item at once and after each interval; a new one resets; the end ends it',
    testRun(async () => {
      const flow = pipeline(
        timed([
          [0, 'a'],
          [25, 'b'],
          [12, 'c'],
          [5, 'd'],
        ] as const),
        repeat(10),
        take(7),
        stamped(),
      );
      expect(await flow.toArray()).toEqual([
        [0, 'a'],
        [10, 'a'],
        [20, 'a'],
        [25, 'b'],
        [35, 'b'],
        [37, 'c'],
        [42, 'd'],
      ]);
      const start = currentTime();
      const short = await pipeline(timed([[5, 'a']] as const), repeat(10, { initial: 'i' })).toArray();
      expect([currentTime() - start, short]).toEqual([5, ['i', 'a']]);
    }),
  );

  it(
    'L-51: repeat in the first place needs an initial item',
    testRun(async () => {
      expect(await pipeline(repeat(10, { initial: 'x' }), take(3), stamped()).toArray()).toEqual([
        [0, 'x'],
        [10, 'x'],
        [20, 'x'],
      ]);
      expect(() => (pipeline as (source: unknown) => unknown)(repeat(10))).toThrow(TypeError);
      expect(() => (pipeline as (source: unknown) => unknown)(metronome(10))).toThrow(/no input/);
    }),
  );

  it(
    'L-52: metronome gives the latest item at each tick',
    testRun(async () => {
      const flow = pipeline(
        timed([
          [3, 1],
          [3, 2],
          [10, 3],
          [20, 4],
          [7, 5],
        ] as const),
        metronome(10),
        stamped(),
      );
      expect(await flow.toArray()).toEqual([
        [10, 2],
        [20, 3],
        [30, 3],
        [40, 4],
      ]);
    }),
  );

  it(
    'L-52: metronome does not drift over 1,000 ticks, and leaves out those that are missed',
    testRun(async () => {
      const instants = await pipeline(
        metronome(10, { initial: 0 }),
        take(1000),
        map(() => currentTime()),
      ).toArray();
      expect(instants.at(-1)).toBe(10_000);
      const begin = currentTime();
      const late: number[] = [];
      await pipeline(metronome(10, { initial: 0 }), take(4)).forEach(async () => {
        late.push(currentTime() - begin);
        await sleep(late.length === 1 ? 25 : 0);
      });
      expect(late).toEqual([10, 40, 50, 60]);
    }),
  );

  it(
    'L-52: metronome on the wall clock begins at a multiple of its interval there',
    testRun(async () => {
      const before = Date.now();
      const [first] = await pipeline(
        metronome(3_600_000, { initial: 0, wallClock: true }),
        take(1),
        map(() => currentTime()),
      ).toArray();
      const left = 3_600_000 - (before % 3_600_000);
      expect(Math.abs(first! - left)).toBeLessThan(60_000);
    }),
  );

  it(
    'L-53: insert gives before the first item, at once, and also with no input',
    testRun(async () => {
      expect(await pipeline([3], insert(1, 2)).toArray()).toEqual([1, 2, 3]);
      expect(await pipeline([], insert(1)).toArray()).toEqual([1]);
      expect(await pipeline([3], insert(1), insert(2), append(4), append(5)).toArray()).toEqual([2, 1, 3, 4, 5]);
      expect(await pipeline(timed([[100, 1]] as const), insert(0), stamped(), take(1)).toArray()).toEqual([[0, 0]]);
      expect(await pipeline([3], insert(1, 2), take(1)).toArray()).toEqual([1]);
      expect(await pipeline([], orElse([7])).toArray()).toEqual([7]);
      expect(await pipeline([1], orElse([7])).toArray()).toEqual([1]);
    }),
  );

  it(
    'L-54: debounce, throttle and timeout run on the clock of the run',
    testRun(async () => {
      const burst = () =>
        timed([
          [0, 1],
          [4, 2],
          [4, 3],
          [20, 4],
          [5, 5],
        ] as const);
      expect(await pipeline(burst(), debounce(10), stamped()).toArray()).toEqual([
        [18, 3],
        [33, 5],
      ]);
      const begin = currentTime();
      const throttled = await pipeline(
        burst(),
        throttle(10),
        map((item) => [currentTime() - begin, item]),
      ).toArray();
      expect(throttled).toEqual([
        [0, 1],
        [10, 3],
        [28, 4],
        [33, 5],
      ]);
      expect(await leavesFrom(pipeline(ticks(30), timeout(20, { each: true })).drain())).toEqual([
        expect.any(TooSlowError),
      ]);
      const start = currentTime();
      expect(await leavesFrom(pipeline(ticks(30), timeout(100, { total: true })).drain())).toEqual([
        expect.any(TooSlowError),
      ]);
      expect(currentTime() - start).toBe(100);
      expect(await pipeline(ticks(10, 3), timeout(20, { each: true })).count()).toBe(3);
      expect(() => timeout(5, {} as never)).toThrow(TypeError);
    }),
  );
});

describe('buffer that drops', () => {
  it(
    'drops the oldest, the newest, or fails',
    testRun(async () => {
      const slowly = async (whenFull: 'drop-oldest' | 'drop-newest' | 'fail'): Promise<number[]> => {
        const seen: number[] = [];
        await pipeline(ticks(1, 10), buffer(2, { whenFull })).forEach(async (item) => {
          seen.push(item);
          await sleep(5.5);
        });
        return seen;
      };
      const [oldest, newest] = [await slowly('drop-oldest'), await slowly('drop-newest')];
      expect(oldest.slice(-2)).toEqual([8, 9]);
      expect(newest.slice(0, 3)).toEqual([0, 1, 2]);
      expect(oldest.length).toBeLessThan(10);
      expect(await leavesFrom(slowly('fail'))).toEqual([expect.any(BusyResourceError)]);
    }),
  );
});

describe('a slow consumer', () => {
  it(
    'L-51: repeat ends with its input',
    testRun(async () => {
      const seen: string[] = [];
      await pipeline(['a'], repeat(10)).forEach(async (item) => {
        seen.push(item);
        await sleep(10);
      });
      expect(seen).toEqual(['a']);
    }),
  );

  it(
    'L-54: the total time of timeout passes while items are ready',
    testRun(async () => {
      const call = pipeline([1, 2, 3], timeout(100, { total: true })).forEach(() => sleep(60));
      expect((await leavesFrom(call))[0]).toBeInstanceOf(TooSlowError);
    }),
  );
});

it(
  'L-15: nothing is inserted above a section that wants no item at all',
  testRun(async () => {
    const given: number[] = [];
    const seen = map((x: number) => (given.push(x), x));
    expect(await pipeline([1], insert(5), seen, take(0)).toArray()).toEqual([]);
    expect(given).toEqual([]);
  }),
);
