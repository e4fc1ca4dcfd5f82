import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { checkpoint, openNursery, run, sleepForever } from '@tercet/core';
import { currentStatistics, waitAllTasksBlocked } from '@tercet/core/lowlevel';

// The time goes on: a chain is long by the clock.
beforeEach(() => void jest.useFakeTimers({ doNotFake: ['performance'] }));
afterEach(() => void jest.useRealTimers());

it('C-18: fake timers do not keep a run from seeing that all its tasks are blocked', async () => {
  await run(() =>
    openNursery(async (nursery) => {
      nursery.startSoon(sleepForever);
      await waitAllTasksBlocked();
      await waitAllTasksBlocked(2);
      expect(currentStatistics().operationsWaiting).toBeGreaterThan(0);
      nursery.cancelScope.cancel();
    }),
  );
});

it('C-18: fake timers do not stop a long chain of operations that are ready', async () => {
  let rounds = 0;
  await run(async () => {
    for (; rounds < 30_000; rounds++) await checkpoint();
  });
  expect(rounds).toBe(30_000);
});
