import { expect, it } from '@jest/globals';
import { CancelScope, currentTime, openNursery, sleepForever } from '@tercet/core';
import { currentRunToken, currentStatistics, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { MockClock, testRun } from '@tercet/testing';

it(
  'RUN-021: count the living tasks: the root, main, and all others',
  testRun(async () => {
    expect(currentStatistics().tasksLiving).toBe(2);
    await openNursery(async (nursery) => {
      nursery.startSoon(sleepForever);
      nursery.startSoon(sleepForever);
      expect(currentStatistics().tasksLiving).toBe(4);
      await waitAllTasksBlocked();
      nursery.cancelScope.cancel();
    });
    expect(currentStatistics().tasksLiving).toBe(2);
  }),
);

it(
  'RUN-022: count the callbacks that are queued, of both kinds',
  testRun(async () => {
    const token = currentRunToken();
    const callback = (): void => undefined;
    token.runSoon(callback);
    token.runSoon(callback);
    token.runSoon(callback, { idempotent: true });
    token.runSoon(callback, { idempotent: true });
    expect(currentStatistics().runSoonQueueSize).toBe(3);
    await waitAllTasksBlocked();
    expect(currentStatistics().runSoonQueueSize).toBe(0);
  }),
);

it(
  'RUN-023: count the tasks that can go on: the caller when all is settled, one more when a sleeper is cancelled',
  testRun(async () => {
    await openNursery(async (nursery) => {
      nursery.startSoon(sleepForever);
      await waitAllTasksBlocked();
      expect(currentStatistics().tasksRunnable).toBe(1);
      nursery.cancelScope.cancel();
      expect(currentStatistics().tasksRunnable).toBe(2);
    });
  }),
);

it(
  'RUN-024: contain the time to the next deadline, infinite when there is none',
  testRun(
    async (clock) => {
      expect(currentStatistics().timeToNextDeadline).toBe(Infinity);
      await new CancelScope({ deadline: currentTime() + 5000 }).run(async (scope) => {
        expect(currentStatistics().timeToNextDeadline).toBe(5000);
        clock.jump(1000);
        expect(currentStatistics().timeToNextDeadline).toBe(4000);
        scope.deadline = Infinity;
        expect(currentStatistics().timeToNextDeadline).toBe(Infinity);
        scope.relativeDeadline = 10;
        expect(currentStatistics()).toMatchObject({ timeToNextDeadline: 10, deadlines: 1 });
      });
      expect(currentStatistics()).toMatchObject({ timeToNextDeadline: Infinity, deadlines: 0 });
    },
    { clock: () => new MockClock() },
  ),
);

it(
  'count the operations that wait, and those that keep the process alive',
  testRun(async () => {
    await openNursery(async (nursery) => {
      nursery.startSoon(sleepForever);
      nursery.startSoon(() => Promise.all([sleepForever(), sleepForever()]));
      await waitAllTasksBlocked();
      const { operationsWaiting, processHolders } = currentStatistics();
      nursery.cancelScope.cancel();
      // Three sleepers, and the root, which waits for main.
      expect([operationsWaiting, processHolders]).toEqual([4, 3]);
      expect(currentStatistics()).toMatchObject({ operationsWaiting: 1, processHolders: 0 });
    });
  }),
);
