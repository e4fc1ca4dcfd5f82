import { describe, expect, it, jest } from '@jest/globals';
import {
  CancelScope,
  Cancelled,
  checkpoint,
  currentEffectiveDeadline,
  currentTime,
  failAfter,
  failAt,
  moveOnAfter,
  moveOnAt,
  openNursery,
  run,
  shielded,
  sleep,
  sleepForever,
  StateError,
  TooSlowError,
} from '@tercet/core';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

describe('moveOnAfter and moveOnAt', () => {
  it(
    'TMO-003: end a sleep that takes too long, after that time',
    testRun(async () => {
      expect(await moveOnAfter(1000, () => sleep(100_000))).toBeUndefined();
      expect(currentTime()).toBe(1000);
      await moveOnAt(1500, () => sleep(100_000));
      expect(currentTime()).toBe(1500);
      await moveOnAfter({ seconds: 2, milliseconds: 500 }, () => sleepForever());
      expect(currentTime()).toBe(4000);
    }),
  );

  it(
    'give the value of a body that is quick enough, and the scope to it',
    testRun(async () => {
      expect(await moveOnAfter(10, (scope) => scope)).toBeInstanceOf(CancelScope);
      expect(await moveOnAt(10, async () => sleep(9).then(() => 'in time'))).toBe('in time');
    }),
  );

  it(
    'G-51: do not reach a task that is only started inside of them',
    testRun(async () => {
      await openNursery(async (nursery) => {
        await moveOnAfter(10, () => void nursery.startSoon(sleep, 1000));
      });
      expect(currentTime()).toBe(1000);
    }),
  );
});

describe('failAfter and failAt', () => {
  it(
    'TMO-007: throw TooSlowError on time, and nothing when the body is quick',
    testRun(async () => {
      await expect(failAfter(100, () => sleepForever())).rejects.toThrow(TooSlowError);
      expect(currentTime()).toBe(100);
      await expect(failAt(150, () => sleepForever())).rejects.toThrow(TooSlowError);
      expect(currentTime()).toBe(150);
      expect(await failAfter(100, () => sleep(99).then(() => 1))).toBe(1);
      expect(await failAt(1000, () => 2)).toBe(2);
    }),
  );

  it(
    'name the time in the error',
    testRun(async () => {
      await expect(failAfter({ seconds: 3 }, () => sleepForever())).rejects.toThrow('3000 ms');
      await expect(failAt(3500, () => sleepForever())).rejects.toThrow('by the deadline, 3500 on the clock of the run');
      await expect(shielded(() => sleepForever(), { timeout: 7 })).rejects.toThrow('shielded(): not done within 7 ms');
    }),
  );

  it(
    'W: throw TooSlowError only when their own deadline was the cause: not when the body cancels the scope',
    testRun(async () => {
      const value = await failAfter(100, async (scope) => {
        scope.cancel('enough');
        await checkpoint();
        return 1;
      });
      expect(value).toBeUndefined();
    }),
  );

  it(
    'W: nor when an outer scope ends the body, although the deadline passes as well',
    testRun(async () => {
      const outer = new CancelScope();
      await outer.run(() =>
        failAfter(100, async () => {
          await sleepForever().catch(() => undefined);
          outer.cancel();
          await checkpoint();
        }),
      );
      expect(outer.cancelledCaught).toBe(true);
    }),
  );

  it(
    'W: nor when the body ends in spite of the deadline, or fails first',
    testRun(async () => {
      const late = await failAfter(10, () => shielded(() => sleep(20).then(() => 'late')));
      expect(late).toBe('late');
      await expect(
        failAfter(10, async () => {
          await sleepForever().catch(() => undefined);
          throw new RangeError('own');
        }),
      ).rejects.toThrow(RangeError);
    }),
  );

  it(
    'W: an inner one that is slower leaves it to the outer one',
    testRun(async () => {
      const error = await thrownBy(() => failAfter(10, () => failAfter(10, () => sleepForever())));
      expect(error).toBeInstanceOf(TooSlowError);
      expect(await thrownBy(() => failAfter(50, () => failAfter(10, () => sleepForever())))).toBeInstanceOf(
        TooSlowError,
      );
      expect(currentTime()).toBe(20);
    }),
  );
});

describe('shield', () => {
  it.each([
    ['moveOnAfter', moveOnAfter],
    ['failAfter', failAfter],
  ])('TMO-005: %s with a shield protects from an outer cancel, until the shield is taken away', (_name, timeout) =>
    testRun(async () => {
      const outer = new CancelScope();
      await outer.run(async () => {
        outer.cancel();
        await timeout(
          1000,
          async (scope) => {
            await sleep(10);
            scope.shield = false;
            await expect(checkpoint()).rejects.toThrow(Cancelled);
          },
          { shield: true },
        );
      });
      expect(currentTime()).toBe(10);
    })(),
  );

  it(
    'TMO-006: does not keep the timeout itself from acting',
    testRun(async () => {
      await new CancelScope().run(async (outer) => {
        outer.cancel();
        await moveOnAfter(100, () => sleepForever(), { shield: true });
        expect(currentTime()).toBe(100);
        await expect(failAfter(100, () => sleepForever(), { shield: true })).rejects.toThrow(TooSlowError);
        await moveOnAt(300, () => sleepForever(), { shield: true });
        await expect(failAt(400, () => sleepForever(), { shield: true })).rejects.toThrow(TooSlowError);
      });
      expect(currentTime()).toBe(400);
    }),
  );
});

describe('TMO-008: wrong durations', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['sleep(-1)', (): Promise<unknown> => sleep(-1)],
    ['sleep(NaN)', (): Promise<unknown> => sleep(NaN)],
    ['moveOnAfter(-1)', (): Promise<unknown> => moveOnAfter(-1, () => 1)],
    ['moveOnAfter(NaN)', (): Promise<unknown> => moveOnAfter(NaN, () => 1)],
    ['failAfter(-1)', (): Promise<unknown> => failAfter(-1, () => 1)],
    ['failAfter(NaN)', (): Promise<unknown> => failAfter(NaN, () => 1)],
    ['moveOnAt(NaN)', (): Promise<unknown> => moveOnAt(NaN, () => 1)],
    ['failAt(NaN)', (): Promise<unknown> => failAt(NaN, () => 1)],
    ['shielded({ timeout: -1 })', (): Promise<unknown> => shielded(() => 1, { timeout: -1 })],
    ['moveOnAfter({ seconds: -1 })', (): Promise<unknown> => moveOnAfter({ seconds: -1 }, () => 1)],
  ])('%s rejects with a RangeError that names the operation, and runs nothing', (text, operation) =>
    testRun(async () => {
      const error = await thrownBy(operation);
      expect(error).toBeInstanceOf(RangeError);
      expect((error as Error).message).toContain(`${/^\w+/.exec(text)![0]}()`);
      await checkpoint();
    })(),
  );
});

describe('shielded', () => {
  it(
    'lets cleanup await something in a cancelled scope, and gives its value',
    testRun(async () => {
      let cleaned: unknown;
      await moveOnAfter(10, async () => {
        try {
          await sleepForever();
        } finally {
          cleaned = await shielded(() => sleep(30).then(() => 'cleaned'), { timeout: { seconds: 1 } });
        }
      });
      expect([cleaned, currentTime()]).toEqual(['cleaned', 40]);
    }),
  );

  it(
    'throws TooSlowError past its timeout',
    testRun(async () => {
      await expect(shielded(() => sleepForever(), { timeout: 50 })).rejects.toThrow(TooSlowError);
      expect(currentTime()).toBe(50);
    }),
  );
});

it('G-4: currentEffectiveDeadline and the timeouts are errors outside of a run', async () => {
  expect(() => currentEffectiveDeadline()).toThrow(StateError);
  for (const promise of [
    moveOnAfter(1, () => 1),
    moveOnAt(1, () => 1),
    failAfter(1, () => 1),
    failAt(1, () => 1),
    shielded(() => 1),
  ]) {
    await expect(promise).rejects.toThrow(StateError);
  }
});

it('TMO-010: the shield of a scope can be set before it is entered, and the body gets that very scope', async () => {
  const scope = new CancelScope({ relativeDeadline: 100 });
  scope.shield = true;
  await run(() => scope.run((entered) => expect(entered).toBe(scope)));
  expect(scope.shield).toBe(true);
});

it('RUN-102: on the real clock no scope is cancelled before its deadline, and none after a later timer', async () => {
  for (const duration of [20, 60]) {
    const later = jest.fn();
    const began = performance.now();
    await run(() => {
      const timer = setTimeout(later, 2 * duration + 500);
      return moveOnAfter(duration, () => sleepForever()).finally(() => clearTimeout(timer));
    });
    expect(performance.now() - began).toBeGreaterThanOrEqual(duration);
    expect(later).not.toHaveBeenCalled();
  }
});
