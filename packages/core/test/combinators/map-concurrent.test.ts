import { describe, expect, it } from '@jest/globals';
import {
  Cancelled,
  CancelScope,
  currentTime,
  ExceptionGroup,
  mapConcurrent,
  moveOnAfter,
  run,
  shielded,
  sleep,
  sleepForever,
  StateError,
} from '@tercet/core';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

it(
  'gives the results in the order of the items, however long each takes',
  testRun(async () => {
    const results = await mapConcurrent([30, 10, 20], async (item, index) => {
      await sleep(item);
      return `${index}: ${item}`;
    });
    expect(results).toEqual(['0: 30', '1: 10', '2: 20']);
    expect(currentTime()).toBe(30);
    expect(await mapConcurrent([], () => 1)).toEqual([]);
    expect(await mapConcurrent(new Set('ab'), (letter) => letter.toUpperCase())).toEqual(['A', 'B']);
  }),
);

it.each([1, 2, 3, 10, Infinity])('works on %d items at a time, and never on more', (concurrency) =>
  testRun(async () => {
    let [running, most] = [0, 0];
    const results = await mapConcurrent(
      Array.from({ length: 25 }, (_, n) => n),
      async (n) => {
        most = Math.max(most, ++running);
        await sleep(1 + ((n * 7) % 5));
        running--;
        return n;
      },
      { concurrency },
    );
    expect(results).toEqual(Array.from({ length: 25 }, (_, n) => n));
    expect(most).toBe(Math.min(concurrency, 25));
  })(),
);

it(
  'takes an item from its source only when there is room for it',
  testRun(async () => {
    let [taken, done] = [0, 0];
    async function* source(): AsyncGenerator<number> {
      for (let n = 0; n < 20; n++) {
        taken++;
        expect(taken - done).toBeLessThanOrEqual(3);
        await sleep(1);
        yield n;
      }
    }
    await mapConcurrent(
      source(),
      async () => {
        await sleep(10);
        done++;
      },
      { concurrency: 3 },
    );
    expect([taken, done]).toEqual([20, 20]);
  }),
);

it(
  'cancels the rest when one fails, waits for it, and closes the source',
  testRun(async () => {
    const seen: string[] = [];
    function* source(): Generator<number> {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        seen.push('source closed');
      }
    }
    const error = (await thrownBy(() =>
      mapConcurrent(
        source(),
        async (n) => {
          if (n === 3) throw new TypeError('three');
          try {
            await sleepForever();
          } finally {
            await shielded(() => sleep(1));
            seen.push(`${n} cleaned up`);
          }
        },
        { concurrency: 4 },
      ),
    )) as ExceptionGroup;
    expect(error.leaves()).toEqual([new TypeError('three')]);
    expect(seen).toEqual(expect.arrayContaining(['source closed', '0 cleaned up', '1 cleaned up', '2 cleaned up']));
  }),
);

it(
  'ends with the error of its source, in a group',
  testRun(async () => {
    async function* source(): AsyncGenerator<number> {
      yield 1;
      await sleep(1);
      throw new RangeError('source');
    }
    const error = (await thrownBy(() => mapConcurrent(source(), () => sleepForever()))) as ExceptionGroup;
    expect(error.leaves()).toEqual([new RangeError('source')]);
  }),
);

it(
  'is cancelled with all that it has started',
  testRun(async () => {
    const scope = new CancelScope({ relativeDeadline: 10 });
    await scope.run(() => mapConcurrent([1, 2, 3], () => sleepForever(), { concurrency: 2 }));
    expect([scope.cancelledCaught, currentTime()]).toEqual([true, 10]);
  }),
);

it(
  'refuses a concurrency that is not a positive integer, and values that are not a function or not iterable',
  testRun(async () => {
    for (const concurrency of [0, -1, 1.5, NaN]) {
      await expect(mapConcurrent([1], () => 1, { concurrency })).rejects.toThrow(RangeError);
    }
    await expect(mapConcurrent([1], Promise.resolve() as never)).rejects.toThrow(TypeError);
    const error = await thrownBy(() => mapConcurrent(5 as never, () => 1));
    const inner: unknown = error instanceof ExceptionGroup ? error.errors[0] : error;
    expect(inner).toBeInstanceOf(TypeError);
  }),
);

it('is a StateError outside of a run', async () => {
  expect(await thrownBy(() => mapConcurrent([1], () => 1))).toBeInstanceOf(StateError);
});

it(
  'has the types of items and results',
  testRun(async () => {
    const lengths: number[] = await mapConcurrent(['a', 'bb'], (text) => text.length);
    // @ts-expect-error -- numbers are not strings
    const wrong: string[] = await mapConcurrent(['a', 'bb'], (text) => text.length);
    // @ts-expect-error -- an item is a string
    await mapConcurrent(['a'], (item: number) => item);
    expect([lengths, wrong]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  }),
);

it(
  'does not begin another item when one has failed',
  testRun(async () => {
    const seen: string[] = [];
    function* source(): Generator<number> {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        seen.push('source closed');
      }
    }
    const error = (await thrownBy(() =>
      mapConcurrent(
        source(),
        async (n) => {
          if (n === 3) throw new TypeError('three');
          try {
            await sleepForever();
          } finally {
            await shielded(() => sleep(1));
            seen.push(`${n} cleaned up`);
          }
        },
        { concurrency: 4 },
      ),
    )) as ExceptionGroup;
    expect(error.leaves()).toEqual([new TypeError('three')]);
    expect(new Set(seen)).toEqual(new Set(['source closed', '0 cleaned up', '1 cleaned up', '2 cleaned up']));
  }),
);

describe('C-4: a source that never comes to a wait of ours', () => {
  /** Counts for ever; each number takes a turn of the event loop, as a foreign source does. */
  class Ticks {
    taken = 0;
    returned = 0;
    readonly #passTime: () => void;

    constructor(passTime: () => void = () => undefined) {
      this.#passTime = passTime;
    }

    [Symbol.asyncIterator](): AsyncIterator<number> {
      return {
        next: async () => {
          await new Promise((resolve) => setImmediate(resolve));
          this.#passTime();
          return { done: false, value: this.taken++ };
        },
        return: async () => {
          this.returned++;
          return { done: true, value: undefined };
        },
      };
    }
  }

  it.each([1, 4, Infinity])('is ended by a deadline, and closed once, %d at a time', (concurrency) =>
    testRun(async (clock) => {
      const ticks = new Ticks(() => clock.jump(1));
      const scope = new CancelScope({ relativeDeadline: 5 });
      await scope.run(() => mapConcurrent(ticks, (n) => n, { concurrency }));
      expect(scope.cancelledCaught).toBe(true);
      expect([ticks.taken, ticks.returned]).toEqual([5, 1]);
    })(),
  );

  it('is ended by a failure, and closed once', async () => {
    const ticks = new Ticks();
    const begun: number[] = [];
    const error = await thrownBy(() =>
      run(() =>
        mapConcurrent(ticks, async (n) => {
          begun.push(n);
          if (n === 3) throw new TypeError('three');
        }),
      ),
    );
    expect((error as ExceptionGroup).errors).toEqual([new TypeError('three')]);
    expect([begun, ticks.returned]).toEqual([[0, 1, 2, 3], 1]);
  });

  it('is not asked for anything in a scope that is cancelled before', async () => {
    const ticks = new Ticks();
    const error = await run(() =>
      new CancelScope().run((scope) => {
        scope.cancel();
        return thrownBy(() => mapConcurrent(ticks, (n) => n));
      }),
    );
    expect(error).toBeInstanceOf(Cancelled);
    expect([ticks.taken, ticks.returned]).toEqual([0, 0]);
  });

  it(
    'is ended when it need not wait at all, under a deadline, and when a task fails',
    testRun(async (clock) => {
      function* numbers(): Generator<number> {
        for (let n = 0; ; n++) {
          clock.jump(1);
          yield n;
        }
      }
      const seen: number[] = [];
      await moveOnAfter(10, () => mapConcurrent(numbers(), (n) => void seen.push(n), { concurrency: 2 }));
      expect(seen.length).toBeLessThanOrEqual(10);
      expect(seen.length).toBeGreaterThan(5);
      const fail = (): never => {
        throw new RangeError('each');
      };
      const error = (await thrownBy(() => mapConcurrent(numbers(), fail))) as ExceptionGroup;
      expect(error.leaves()).toEqual(expect.arrayContaining([new RangeError('each')]));
    }),
  );
});

it(
  'hands promises of an iterable over as they are, and waits for none before it begins with the next',
  testRun(async () => {
    const never = new Promise<number>(() => undefined);
    const begun: number[] = [];
    await moveOnAfter(10, () =>
      mapConcurrent([never, Promise.resolve(1)], async (item, index) => {
        expect(item).toBeInstanceOf(Promise);
        begun.push(index);
        await sleepForever();
      }),
    );
    expect(begun).toEqual([0, 1]);
  }),
);

it(
  'is a TypeError for what cannot be iterated over',
  testRun(async () => {
    for (const items of [5, undefined, null, {}]) {
      const error = await thrownBy(() => mapConcurrent(items as unknown as number[], (item) => item));
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(/mapConcurrent\(\) takes items that are iterable or async iterable, but got/);
    }
    expect(await mapConcurrent('ab', (item) => item)).toEqual(['a', 'b']);
  }),
);
