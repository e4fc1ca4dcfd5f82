import { expect, it } from '@jest/globals';
import { abandonable, Cancelled, CancelScope, currentTime, moveOnAfter, sleep, StateError } from '@tercet/core';
import { testRun } from '@tercet/testing';
import { AsyncLocalStorage } from 'node:async_hooks';
import { thrownBy } from '../run-virtually.ts';

it(
  'RUN-162: gives what a foreign promise gives, value or error',
  testRun(async () => {
    expect(await abandonable(Promise.resolve(7))).toBe(7);
    // Real time: a foreign promise is what is awaited.
    expect(await abandonable(new Promise((resolve) => setTimeout(resolve, 2, 'late')))).toBe('late');
    await expect(abandonable(Promise.reject(new TypeError('x')))).rejects.toThrow(TypeError);
  }),
);

it(
  "leaves it behind when cancelled, and its later error is nobody's business",
  testRun(async () => {
    let settle: ((error: unknown) => void) | undefined;
    const promise = new Promise((_resolve, reject) => (settle = reject));
    const scope = new CancelScope({ relativeDeadline: 10 });
    await scope.run(() => abandonable(promise));
    expect([scope.cancelledCaught, currentTime()]).toEqual([true, 10]);
    settle!(new Error('too late'));
    await sleep(10);
  }),
);

it(
  'throws Cancelled at once in a cancelled scope, also when the promise has settled',
  testRun(() =>
    new CancelScope().run(async (scope) => {
      scope.cancel();
      expect(await thrownBy(() => abandonable(Promise.resolve(1)))).toBeInstanceOf(Cancelled);
      expect(await thrownBy(() => abandonable(Promise.reject(new Error('x'))))).toBeInstanceOf(Cancelled);
    }),
  ),
);

it(
  'takes anything with a then, also one that settles synchronously, and nothing else',
  testRun(async () => {
    const thenable = { then: (resolve: (value: number) => void): void => resolve(3) } as PromiseLike<number>;
    expect(await abandonable(thenable)).toBe(3);
    for (const wrong of [5, undefined, (): number => 1]) {
      await expect(abandonable(wrong as never)).rejects.toThrow(TypeError);
    }
  }),
);

it(
  'can end in an inner scope an operation that belongs to an outer one',
  testRun(async () => {
    const begun = sleep(50);
    await moveOnAfter(10, () => abandonable(begun));
    expect(currentTime()).toBe(10);
    await begun;
  }),
);

it('keeps the async context of the caller', async () => {
  const storage = new AsyncLocalStorage<string>();
  await testRun(() =>
    storage.run('caller', async () => {
      await abandonable(new Promise((resolve) => setImmediate(resolve)));
      expect(storage.getStore()).toBe('caller');
    }),
  )();
});

it('is a StateError outside of a run', async () => {
  expect(await thrownBy(() => abandonable(Promise.resolve()))).toBeInstanceOf(StateError);
});
