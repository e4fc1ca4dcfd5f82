import { expect, it } from '@jest/globals';
import {
  CancelScope,
  currentTime,
  ExceptionGroup,
  mapConcurrent,
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
  'refuses a concurrency that is no positive integer, and what is no function or no iterable',
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
    // @ts-expect-error -- numbers are no strings
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
  'begins no other item when one has failed',
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
