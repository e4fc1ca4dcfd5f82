import { expect, it } from '@jest/globals';
import { CancelScope, checkpoint, openNursery, sleep, sleepForever } from '@tercet/core';
import { MockClock, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { setTimeout as realTime } from 'node:timers/promises';

it(
  'TST-001: returns when a busy task has ended, and not before',
  testRun(async () => {
    const record: string[] = [];
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        for (let i = 0; i < 10; i++) await checkpoint();
        record.push('busy end');
      });
      await waitAllTasksBlocked();
      record.push('blocked');
    });
    expect(record).toEqual(['busy end', 'blocked']);
  }),
);

it(
  'TST-001: returns in each of two tasks that call it',
  testRun(async () => {
    let returned = 0;
    await openNursery((nursery) => {
      for (let i = 0; i < 2; i++) {
        nursery.startSoon(async () => {
          await waitAllTasksBlocked();
          returned++;
        });
      }
    });
    expect(returned).toBe(2);
  }),
);

it(
  'TST-001: can be cancelled',
  testRun(async () => {
    const scope = new CancelScope();
    await openNursery(async (nursery) => {
      nursery.startSoon(() => scope.run(() => waitAllTasksBlocked(1e6)));
      await waitAllTasksBlocked();
      scope.cancel();
    });
    expect(scope.cancelledCaught).toBe(true);
  }),
);

it(
  'TST-002: returns while a task sleeps, and after a jump once the task has slept',
  testRun(
    async (clock) => {
      const record: string[] = [];
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          record.push('yawn');
          await sleep(10);
          record.push('wake');
          for (let i = 0; i < 10; i++) await checkpoint();
          record.push('work');
        });
        await waitAllTasksBlocked();
        record.push('blocked');
        clock.jump(10);
        await waitAllTasksBlocked();
        record.push('blocked again');
      });
      expect(record).toEqual(['yawn', 'blocked', 'wake', 'work', 'blocked again']);
    },
    { clock: () => new MockClock() },
  ),
);

it(
  'G-161: a task that awaits a foreign promise is not blocked',
  testRun(async () => {
    const record: string[] = [];
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await realTime(5);
        record.push('foreign');
      });
      await waitAllTasksBlocked();
      record.push('blocked');
    });
    expect(record).toEqual(['foreign', 'blocked']);
  }),
);

it(
  'G-161: the shortest cushions come first, and equal ones together',
  testRun(async () => {
    const record: string[] = [];
    await openNursery((nursery) => {
      for (const [name, cushion] of Object.entries({ long: 3, short: 1, none: 0, 'none too': 0 })) {
        nursery.startSoon(async () => {
          await waitAllTasksBlocked(cushion);
          record.push(name);
        });
      }
    });
    expect(record).toEqual(['none', 'none too', 'short', 'long']);
  }),
);

it(
  'G-160: a clock jumps as soon as no task is in waitAllTasksBlocked any more',
  testRun(async (clock) => {
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await sleep(1000);
        nursery.cancelScope.cancel();
      });
      nursery.startSoon(sleepForever);
      await waitAllTasksBlocked(2);
      expect(clock.now()).toBe(0);
    });
    expect(clock.now()).toBe(1000);
  }),
);
