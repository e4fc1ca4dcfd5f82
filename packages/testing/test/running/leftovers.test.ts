import { expect, it } from '@jest/globals';
import { Leftovers } from '../../src/running/leftovers.ts';

const clean = {
  tasksLiving: 1,
  tasksRunnable: 1,
  operationsWaiting: 0,
  deadlines: 0,
  timeToNextDeadline: Infinity,
  runSoonQueueSize: 0,
  processHolders: 0,
};

it('finds nothing when only the root task is left', async () => {
  const leftovers = new Leftovers();
  leftovers.instrument.afterRun?.(clean);
  expect(await leftovers.find()).toEqual([]);
});

it('counts the leftovers of a run', async () => {
  const leftovers = new Leftovers();
  leftovers.instrument.afterRun?.({
    ...clean,
    tasksLiving: 3,
    operationsWaiting: 4,
    deadlines: 5,
    processHolders: 6,
  });
  expect(await leftovers.find()).toEqual([
    '2 × living tasks',
    '4 × waiting operations',
    '5 × deadlines',
    '6 × operations that keep the process alive',
  ]);
});
