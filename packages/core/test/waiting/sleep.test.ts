import { describe, expect, it, jest } from '@jest/globals';
import {
  CancelScope,
  Cancelled,
  checkpoint,
  currentTime,
  moveOnAfter,
  openNursery,
  run,
  sleep,
  sleepForever,
  sleepUntil,
} from '@tercet/core';
import { currentStatistics, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

it(
  'TMO-001: sleep and sleepUntil take exactly their time on a virtual clock',
  testRun(async () => {
    await sleep(100);
    expect(currentTime()).toBe(100);
    await sleepUntil(250);
    expect(currentTime()).toBe(250);
    await sleepUntil(currentTime() - 50);
    expect(currentTime()).toBe(250);
    await sleep({ hours: 1, minutes: 1, seconds: 1, milliseconds: 1 });
    expect(currentTime()).toBe(250 + 3_661_001);
  }),
);

it('TMO-001: and on the real clock at least that time, and no longer than a later timer', async () => {
  const later = jest.fn();
  const took = await run(async () => {
    const timer = setTimeout(later, 1000);
    const began = performance.now();
    await sleep(30);
    clearTimeout(timer);
    return performance.now() - began;
  });
  expect(took).toBeGreaterThanOrEqual(30);
  expect(later).not.toHaveBeenCalled();
});

describe('TMO-002: sleep(0)', () => {
  it(
    'is a checkpoint',
    testRun(async () => {
      const order: string[] = [];
      await openNursery(async (nursery) => {
        nursery.startSoon(() => order.push('other'));
        await sleep(0);
        order.push('sleeper');
      });
      expect(order).toEqual(['other', 'sleeper']);
      await new CancelScope().run(async (scope) => {
        scope.cancel();
        expect(await thrownBy(() => sleep(0))).toBeInstanceOf(Cancelled);
      });
    }),
  );

  it(
    'throws Cancelled under a deadline that is now',
    testRun(() =>
      new CancelScope({ deadline: currentTime() }).run(async () => {
        expect(await thrownBy(() => sleep(0))).toBeInstanceOf(Cancelled);
        expect(await thrownBy(() => sleepUntil(currentTime()))).toBeInstanceOf(Cancelled);
      }),
    ),
  );
});

it(
  'TMO-004: sleepForever ends by Cancelled only, and so does a sleep without end',
  testRun(async () => {
    for (const operation of [
      sleepForever,
      (): Promise<void> => sleep(Infinity),
      (): Promise<void> => sleepUntil(Infinity),
    ]) {
      await moveOnAfter(1e12, async () => {
        expect(await thrownBy(operation)).toBeInstanceOf(Cancelled);
      });
    }
    expect(currentTime()).toBe(3e12);
  }),
);

it(
  'TMO-008: refuses values that are not a time, and names the operation',
  testRun(async () => {
    for (const wrong of [-1, NaN, -Infinity, { seconds: -1 }, { seconds: NaN }]) {
      await expect(sleep(wrong)).rejects.toThrow(RangeError);
      await expect(sleep(wrong)).rejects.toThrow(/sleep\(\)/);
    }
    await expect(sleepUntil(NaN)).rejects.toThrow(RangeError);
    for (const wrong of ['5', {}, null, undefined, { second: 1 }]) {
      await expect(sleep(wrong as never)).rejects.toThrow(TypeError);
    }
    await expect(sleepUntil('5' as never)).rejects.toThrow(TypeError);
  }),
);

it(
  'leaves no deadline behind when it is cancelled',
  testRun(async () => {
    await openNursery(async (nursery) => {
      for (let i = 0; i < 10; i++) nursery.startSoon(sleep, 1000 + i);
      await waitAllTasksBlocked();
      expect(currentStatistics().deadlines).toBe(10);
      nursery.cancelScope.cancel();
      expect(currentStatistics()).toMatchObject({ deadlines: 0, operationsWaiting: 1 });
    });
    expect(currentTime()).toBe(0);
  }),
);

it(
  'wakes ten thousand sleepers in the order of their time',
  testRun(async () => {
    const woken: number[] = [];
    await openNursery((nursery) => {
      for (let i = 0; i < 10_000; i++) {
        const duration = (i * 7919) % 10_007;
        nursery.startSoon(async () => {
          await sleep(duration);
          woken.push(duration);
        });
      }
    });
    expect(woken).toEqual([...woken].sort((x, y) => x - y));
    expect(woken).toHaveLength(10_000);
    await checkpoint();
  }),
);

it(
  'where an operation belongs: to the scope in which it was begun, not to the one in which it is awaited',
  testRun(async () => {
    const begun = sleep(50);
    const scope = new CancelScope({ relativeDeadline: 10 });
    await scope.run(() => begun);
    expect([currentTime(), scope.cancelledCaught]).toEqual([50, false]);
  }),
);
