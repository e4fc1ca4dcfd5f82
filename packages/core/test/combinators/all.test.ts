import { expect, it } from '@jest/globals';
import {
  all,
  Cancelled,
  CancelScope,
  checkpoint,
  currentTime,
  ExceptionGroup,
  moveOnAfter,
  shielded,
  sleep,
  sleepForever,
  StateError,
} from '@tercet/core';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

it(
  'runs its functions side by side, and gives their values in order',
  testRun(async () => {
    const values = await all([
      (): Promise<string> => sleep(30).then(() => 'a'),
      (): number => 1,
      async (): Promise<boolean> => {
        await sleep(10);
        return true;
      },
    ]);
    expect(values).toEqual(['a', 1, true]);
    expect(currentTime()).toBe(30);
    expect(await all([])).toEqual([]);
  }),
);

it(
  'cancels the others when one fails, and waits for them',
  testRun(async () => {
    const order: string[] = [];
    const error = (await thrownBy(() =>
      all([
        async (): Promise<void> => {
          try {
            await sleepForever();
          } finally {
            await shielded(() => sleep(20));
            order.push('cleaned up');
          }
        },
        async (): Promise<void> => {
          await checkpoint();
          throw new TypeError('x');
        },
      ]),
    )) as ExceptionGroup;
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect(error.errors).toEqual([new TypeError('x')]);
    expect([order, currentTime()]).toEqual([['cleaned up'], 20]);
  }),
);

it(
  'is cancelled with all that it has started',
  testRun(async () => {
    let ended = 0;
    const work = async (): Promise<void> => {
      try {
        await sleepForever();
      } finally {
        ended++;
      }
    };
    expect(await moveOnAfter(10, () => all([work, work]))).toBeUndefined();
    expect(ended).toBe(2);
  }),
);

it(
  'refuses a value that is not an array of functions',
  testRun(async () => {
    for (const wrong of [undefined, 5, (): number => 1, [1], [sleep, Promise.resolve()]]) {
      const error = await thrownBy(() => all(wrong as never));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/^all\(\)/);
    }
  }),
);

it('C-4: is a StateError outside of a run, and throws without calling anything in a cancelled scope', async () => {
  expect(await thrownBy(() => all([(): number => 1]))).toBeInstanceOf(StateError);
  await testRun(() =>
    new CancelScope().run(async (scope) => {
      scope.cancel();
      let called = false;
      expect(await thrownBy(() => all([(): unknown => (called = true)]))).toBeInstanceOf(Cancelled);
      expect(called).toBe(false);
    }),
  )();
});

it(
  'has exact types',
  testRun(async () => {
    const values = await all([(): Promise<string> => Promise.resolve('a'), (): number => 1]);
    const exact: [string, number] = values;
    expect(exact).toHaveLength(2);
    // @ts-expect-error -- the types are the other way round
    const wrong: [number, string] = values;
    // @ts-expect-error -- there is no third
    expect(values[2]).toBeUndefined();
    const many: number[] = await all([1, 2, 3].map((n) => (): number => n));
    expect([wrong, many]).toEqual([
      ['a', 1],
      [1, 2, 3],
    ]);
  }),
);
