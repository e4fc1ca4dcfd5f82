import { expect, it } from '@jest/globals';
import {
  Cancelled,
  CancelScope,
  checkpoint,
  currentTime,
  ExceptionGroup,
  moveOnAfter,
  race,
  shielded,
  sleep,
  sleepForever,
  StateError,
} from '@tercet/core';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

const after =
  <T>(milliseconds: number, value: T): (() => Promise<T>) =>
  () =>
    sleep(milliseconds).then(() => value);

it(
  'gives the value of the first that ends, after the others have cleaned up',
  testRun(async () => {
    let cleaned = 0;
    const loser = async (): Promise<string> => {
      try {
        await sleepForever();
        return 'never';
      } finally {
        await shielded(() => sleep(5));
        cleaned = currentTime();
      }
    };
    expect(await race([loser, after(30, 'slow'), after(10, 'quick')])).toBe('quick');
    expect([cleaned, currentTime()]).toEqual([15, 15]);
  }),
);

it(
  'throws the error of the first that ends, as it is',
  testRun(async () => {
    const error = new TypeError('first');
    expect(
      await thrownBy(() => race([after(20, 1), (): Promise<never> => sleep(10).then(() => Promise.reject(error))])),
    ).toBe(error);
    expect(currentTime()).toBe(10);
  }),
);

it(
  'loses no error of a loser that fails while it is cancelled',
  testRun(async () => {
    const failing = async (): Promise<string> => {
      await thrownBy(sleepForever);
      throw new RangeError('cleanup');
    };
    const error = (await thrownBy(() => race([after(10, 'quick'), failing]))) as ExceptionGroup;
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect(error.leaves()).toEqual([new RangeError('cleanup')]);
  }),
);

it(
  'gives undefined and null as values, and the first of several that are ready at once',
  testRun(async () => {
    expect(await race([(): undefined => undefined, sleepForever])).toBeUndefined();
    expect(await race([(): null => null, sleepForever])).toBeNull();
    expect(await race([(): number => 1, (): number => 2])).toBe(1);
  }),
);

it(
  'is cancelled with all that it has started, and gives nothing then',
  testRun(async () => {
    const scope = new CancelScope({ relativeDeadline: 10 });
    await scope.run(() => race([sleepForever, sleepForever]));
    expect(scope.cancelledCaught).toBe(true);
    await new CancelScope().run(async (cancelled) => {
      cancelled.cancel();
      const error = await thrownBy(() => race([checkpoint]));
      const leaves = error instanceof ExceptionGroup ? error.leaves() : [error];
      expect(leaves).toEqual([expect.any(Cancelled)]);
    });
    await moveOnAfter(10, () => race([sleepForever]));
  }),
);

it(
  'refuses an empty list, and values that are not functions',
  testRun(async () => {
    await expect(race([])).rejects.toThrow(RangeError);
    for (const wrong of [undefined, [1], [Promise.resolve()]]) {
      await expect(race(wrong as never)).rejects.toThrow(TypeError);
    }
  }),
);

it('is a StateError outside of a run', async () => {
  expect(await thrownBy(() => race([(): number => 1]))).toBeInstanceOf(StateError);
});

it(
  'has the type of its functions',
  testRun(async () => {
    const value: string = await race([after(1, 'a')]);
    // @ts-expect-error -- a string is not a number
    const wrong: number = await race([after(1, 'a')]);
    expect([value, wrong]).toEqual(['a', 'a']);
  }),
);

it(
  'N-5, TY-1: has the types of its functions, which may differ',
  testRun(async () => {
    const value = await race([async (): Promise<number> => 1, async (): Promise<string> => 'a', (): null => null]);
    const exact: number | string | null = value;
    // @ts-expect-error -- it may be a string
    const wrong: number | null = value;
    expect([exact, wrong]).toEqual([1, 1]);
    const many: number = await race([1, 2].map((n) => (): number => n));
    expect(many).toBe(1);
  }),
);

it(
  'C-10: loses no error of a function that fails while it is cancelled from outside',
  testRun(async () => {
    const failing = async (): Promise<never> => {
      try {
        return await sleepForever();
      } catch {
        throw new Error('cleanup failed');
      }
    };
    const scope = new CancelScope({ relativeDeadline: 5 });
    const error = (await thrownBy(() => scope.run(() => race([sleepForever, failing])))) as ExceptionGroup;
    expect(error.leaves()).toEqual([new Error('cleanup failed')]);
    expect(scope.cancelledCaught).toBe(true);
  }),
);

it(
  'throws the error of the first, as it is, also when a loser gives a value while it is cancelled',
  testRun(async () => {
    const error = new TypeError('first');
    const late = async (): Promise<string> => {
      await thrownBy(sleepForever);
      return 'late';
    };
    expect(await thrownBy(() => race([late, (): Promise<never> => Promise.reject(error)]))).toBe(error);
  }),
);

it(
  'N-1: drops the value of a second function that succeeds',
  testRun(async () => {
    const done: string[] = [];
    const take = (name: string) => (): string => {
      done.push(name);
      return name;
    };
    expect(await race([take('a'), take('b')])).toBe('a');
    expect(done).toEqual(['a', 'b']);
  }),
);
