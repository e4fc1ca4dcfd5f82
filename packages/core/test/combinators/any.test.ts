import { expect, it } from '@jest/globals';
import {
  any,
  CancelScope,
  currentTime,
  ExceptionGroup,
  moveOnAfter,
  openNursery,
  shielded,
  sleep,
  sleepForever,
  StateError,
} from '@tercet/core';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

const fails = (milliseconds: number, error: unknown) => async (): Promise<never> => {
  await sleep(milliseconds);
  throw error;
};

it(
  'returns the first success, also after failures, when the others have cleaned up',
  testRun(async () => {
    let cleaned = 0;
    const loser = async (): Promise<string> => {
      try {
        return await sleepForever();
      } finally {
        await shielded(() => sleep(5));
        cleaned = currentTime();
      }
    };
    expect(await any([fails(1, new TypeError('x')), loser, (): Promise<string> => sleep(10).then(() => 'well')])).toBe(
      'well',
    );
    expect([cleaned, currentTime()]).toEqual([15, 15]);
  }),
);

it(
  'throws all errors in the order of the functions when none succeeds',
  testRun(async () => {
    const [a, b] = [new TypeError('a'), new RangeError('b')];
    const error = (await thrownBy(() => any([fails(20, a), fails(10, b)]))) as ExceptionGroup;
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect(error.errors).toEqual([a, b]);
    expect(currentTime()).toBe(20);
  }),
);

it(
  'gives undefined as a value',
  testRun(async () => expect(await any([fails(0, new Error('x')), (): undefined => undefined])).toBeUndefined()),
);

it(
  'is cancelled with all that it has started',
  testRun(async () => {
    const scope = new CancelScope({ relativeDeadline: 10 });
    await scope.run(() => any([sleepForever, sleepForever]));
    expect(scope.cancelledCaught).toBe(true);
  }),
);

it(
  'refuses an empty list, and values that are not functions',
  testRun(async () => {
    await expect(any([])).rejects.toThrow(RangeError);
    await expect(any([1] as never)).rejects.toThrow(TypeError);
  }),
);

it('is a StateError outside of a run', async () => {
  expect(await thrownBy(() => any([(): number => 1]))).toBeInstanceOf(StateError);
});

it(
  'C-10: loses no error from before the cancellation when it is cancelled from outside',
  testRun(async () => {
    const [refused, cleanup] = [new Error('connection refused'), new Error('cleanup failed')];
    const failsToCleanUp = async (): Promise<never> => {
      await thrownBy(sleepForever);
      throw cleanup;
    };
    const scope = new CancelScope({ relativeDeadline: 10 });
    const error = (await thrownBy(() =>
      scope.run(() => any([failsToCleanUp, fails(1, refused), sleepForever])),
    )) as ExceptionGroup;
    expect(error.leaves()).toEqual([cleanup, refused]);
    expect(scope.cancelledCaught).toBe(true);
  }),
);

it(
  'C-10: throws no error of another function when one has succeeded before it is cancelled from outside',
  testRun(async () => {
    const value = await moveOnAfter(10, () =>
      any([
        fails(1, new Error('x')),
        (): Promise<string> => sleep(2).then(() => 'well'),
        (): Promise<unknown> => shielded(() => sleep(20)).then(sleepForever),
      ]),
    );
    expect(value).toBeUndefined();
  }),
);

it(
  'N-5, TY-1: has the types of its functions, which may differ',
  testRun(async () => {
    const value = await any([async (): Promise<number> => 1, async (): Promise<string> => 'a']);
    const exact: number | string = value;
    // @ts-expect-error -- it may be a string
    const wrong: number = value;
    expect([exact, wrong]).toEqual([1, 1]);
  }),
);

it(
  'C-10: throws no error of cleaning up when another function has succeeded, also in a group with a Cancelled',
  testRun(async () => {
    const untidy = (): Promise<unknown> =>
      openNursery((nursery) => {
        nursery.startSoon(sleepForever);
        nursery.startSoon(async () => {
          try {
            await sleepForever();
          } finally {
            // oxlint-disable-next-line no-unsafe-finally -- this is what is tested
            throw new Error('cleanup');
          }
        });
      });
    expect(await any([async () => 'well', untidy])).toBe('well');
  }),
);
