import { describe, expect, it } from '@jest/globals';
import { checkpoint, currentTime, openNursery, run, sleep, sleepForever, StateError } from '@tercet/core';
import {
  currentClock,
  currentRootTask,
  currentRunToken,
  currentStatistics,
  currentTask,
  inRun,
  inTask,
  spawnSystemTask,
  suspend,
  taskTree,
  waitAllTasksBlocked,
} from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { AsyncResource } from 'node:async_hooks';
import { runVirtually } from '../run-virtually.ts';

describe('time', () => {
  it('RUN-015: goes on', async () => {
    await run(async () => {
      const first = currentTime();
      while (performance.now() % 1 >= 0 && currentTime() === first);
      expect(currentTime()).toBeGreaterThan(first);
      await checkpoint();
    });
  });

  it(
    'RUN-016: is the time of the clock that was given, also after a jump',
    testRun((clock) => {
      expect(currentTime()).toBe(clock.now());
      clock.jump(3500);
      expect(currentTime()).toBe(clock.now());
      expect(currentTime()).toBe(3500);
    }),
  );

  it(
    'RUN-017: belongs to a clock that can be asked for',
    testRun((clock) => expect(currentClock()).toBe(clock)),
  );
});

describe('the task tree', () => {
  it(
    'RUN-018: leads from a task to the task that opened its nursery',
    testRun(async () => {
      const parent = currentTask();
      await openNursery((nursery) => {
        nursery.startSoon(() => {
          expect(currentTask()).not.toBe(parent);
          expect(currentTask().parentNursery).toBe(nursery);
          expect(currentTask().parentNursery!.parentTask).toBe(parent);
        });
      });
    }),
  );

  it(
    'RUN-019: has a root without parents',
    testRun(() => {
      const root = currentRootTask();
      expect(root.parentNursery).toBeUndefined();
      expect(root.eventualParentNursery).toBeUndefined();
      let task = currentTask();
      while (task.parentNursery !== undefined) task = task.parentNursery.parentTask;
      expect(task).toBe(root);
    }),
  );

  it.each([
    ['currentTask', currentTask],
    ['currentRootTask', currentRootTask],
    ['currentTime', currentTime],
    ['currentClock', currentClock],
    ['currentRunToken', currentRunToken],
    ['currentStatistics', currentStatistics],
    ['taskTree', taskTree],
    ['spawnSystemTask', (): unknown => spawnSystemTask(sleepForever)],
  ])('RUN-020: %s outside of a run is a StateError that says so', (name, fn) => {
    expect(fn).toThrow(StateError);
    expect(fn).toThrow(new RegExp(`${name}\\(\\) was called outside of a run`));
  });

  it.each([
    ['sleep', (): Promise<unknown> => sleep(1)],
    ['checkpoint', checkpoint],
    ['sleepForever', sleepForever],
    ['openNursery', (): Promise<unknown> => openNursery(() => undefined)],
    ['waitAllTasksBlocked', (): Promise<unknown> => waitAllTasksBlocked()],
    ['suspend', (): Promise<unknown> => suspend('suspend()', () => () => 'succeeded')],
  ])('RUN-020: %s outside of a run rejects with a StateError', async (name, fn) => {
    const promise = fn();
    await expect(promise).rejects.toThrow(StateError);
    await expect(promise).rejects.toThrow(`${name}() was called outside of a run`);
  });
});

describe('where the caller is', () => {
  it('RUN-228: inRun and inTask are false outside, true in a task, in what it calls, and in abort functions', async () => {
    const seen: [string, boolean, boolean][] = [];
    const look = (where: string): void => void seen.push([where, inRun(), inTask()]);
    look('before');
    await runVirtually(async () => {
      look('task');
      [1].forEach(() => look('inner function'));
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          suspend('suspend()', () => () => {
            look('abort function');
            return 'succeeded';
          }),
        );
        await waitAllTasksBlocked();
        nursery.cancelScope.cancel();
      });
      await new Promise<void>((resolve) => {
        setImmediate(() => {
          look('callback made in a task');
          resolve();
        });
      });
    });
    look('after');
    expect(seen).toEqual([
      ['before', false, false],
      ['task', true, true],
      ['inner function', true, true],
      ['abort function', true, true],
      ['callback made in a task', true, true],
      ['after', false, false],
    ]);
  });

  it('RUN-228: inTask is false in a callback that outlives its task, inRun in one that outlives its run', async () => {
    const look = (): boolean[] => [inRun(), inTask()];
    let callback: (() => boolean[]) | undefined;
    let inEndedTask: boolean[] | undefined;
    await runVirtually(async () => {
      await openNursery((nursery) => {
        nursery.startSoon(() => {
          callback = AsyncResource.bind(look);
        });
      });
      inEndedTask = callback?.();
    });
    expect(inEndedTask).toEqual([true, false]);
    expect(callback?.()).toEqual([false, false]);
  });
});
