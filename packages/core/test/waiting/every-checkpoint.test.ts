import { describe, expect, it } from '@jest/globals';
import {
  abandonable,
  abortable,
  all,
  any,
  Cancelled,
  CancelScope,
  checkpoint,
  mapConcurrent,
  moveOnAfter,
  openNursery,
  race,
  sleep,
  sleepForever,
  sleepUntil,
} from '@tercet/core';
import type { Nursery, TaskHandle } from '@tercet/core';
import { currentTask, ParkingLot, suspend, waitAllTasksBlocked, WaitQueue } from '@tercet/core/lowlevel';
import { assertCheckpoints, testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

/** The surroundings of an operation: tasks in this state, and a nursery for others. */
interface Surroundings {
  readonly nursery: Nursery;
  readonly ended: TaskHandle<number>;
  readonly running: TaskHandle<void>;
}

type Operation = (surroundings: Surroundings) => Promise<unknown>;

/** Every function of this package whose documentation says "A checkpoint", in each way in which it can succeed. */
const operations: [string, Operation][] = [
  ['checkpoint()', checkpoint],
  ['sleep(0)', (): Promise<void> => sleep(0)],
  ['sleep(1)', (): Promise<void> => sleep(1)],
  ['sleepUntil() an instant that has passed', (): Promise<void> => sleepUntil(-1)],
  ['sleepUntil() one that comes', (): Promise<void> => sleepUntil(100_000)],
  ['suspend()', suspendBriefly],
  ['abandonable()', (): Promise<number> => abandonable(Promise.resolve(1))],
  ['abortable()', (): Promise<number> => abortable(() => Promise.resolve(1))],
  ['join() of a task that has ended', ({ ended }): Promise<void> => ended.join()],
  ['join() of one that runs', ({ running }): Promise<void> => running.join()],
  ['result() of a task that has ended', ({ ended }): Promise<number> => ended.result()],
  ['result() of one that runs', ({ running }): Promise<void> => running.result()],
  ['all() of nothing', (): Promise<unknown> => all([])],
  ['all()', (): Promise<unknown> => all([(): number => 1, checkpoint])],
  ['race()', (): Promise<unknown> => race([(): number => 1])],
  ['any()', (): Promise<unknown> => any([(): number => 1])],
  ['mapConcurrent() of nothing', (): Promise<unknown> => mapConcurrent([], (n) => n)],
  ['mapConcurrent()', (): Promise<unknown> => mapConcurrent([1], (n) => n)],
  ['park()', ({ nursery }): Promise<void> => parkAndWake(nursery)],
  ['WaitQueue.wait()', ({ nursery }): Promise<void> => queueAndWake(nursery)],
  ['waitAllTasksBlocked()', (): Promise<void> => waitAllTasksBlocked()],
];

function suspendBriefly(): Promise<void> {
  return suspend('x', (waker) => {
    const immediate = setImmediate(() => waker.wake());
    return () => {
      clearImmediate(immediate);
      return 'succeeded';
    };
  });
}

function parkAndWake(nursery: Nursery): Promise<void> {
  const lot = new ParkingLot();
  nursery.startSoon(() => void lot.unpark());
  return lot.park();
}

function queueAndWake(nursery: Nursery): Promise<void> {
  const queue = new WaitQueue<void>('x');
  nursery.startSoon(() => void queue.wakeFirst());
  return queue.wait(undefined);
}

/** Runs it beside a task that has ended and one that will. */
async function withSurroundings(body: (surroundings: Surroundings) => Promise<void>): Promise<void> {
  await openNursery(async (nursery) => {
    const ended = nursery.startSoon(() => 1);
    await ended.join();
    const running = nursery.startSoon(async () => sleep(5));
    await body({ nursery, ended, running });
  });
}

describe.each(operations)('C-4: %s', (_title, operation) => {
  it(
    'is a checkpoint when it succeeds',
    testRun(() =>
      withSurroundings(async (surroundings) => void (await assertCheckpoints(() => operation(surroundings)))),
    ),
  );

  it(
    'throws Cancelled in a scope that is cancelled before',
    testRun(() =>
      withSurroundings(async (surroundings) => {
        await new CancelScope().run(async (scope) => {
          scope.cancel();
          expect(await thrownBy(() => operation(surroundings))).toBeInstanceOf(Cancelled);
        });
      }),
    ),
  );
});

it(
  'C-4: sleepForever() is a checkpoint when it is cancelled',
  testRun(async () => {
    const { cancelPoints, schedulePoints } = currentTask();
    await moveOnAfter(1, sleepForever);
    expect(currentTask().cancelPoints).toBeGreaterThan(cancelPoints);
    expect(currentTask().schedulePoints).toBeGreaterThan(schedulePoints);
  }),
);

it.each<[string, () => Promise<unknown>]>([
  ['checkpoint()', checkpoint],
  ['all()', (): Promise<unknown> => all([(): number => 1])],
  ['race()', (): Promise<unknown> => race([(): number => 1])],
  ['any()', (): Promise<unknown> => any([(): number => 1])],
  ['mapConcurrent()', (): Promise<unknown> => mapConcurrent([1], (n) => n)],
])('C-4: a loop of %s whose functions never wait notices a deadline', (_title, operation) =>
  testRun(async (clock) => {
    let rounds = 0;
    await moveOnAfter(5, async () => {
      for (; rounds < 100; rounds++) {
        clock.jump(1);
        await operation();
      }
    });
    expect(rounds).toBeLessThanOrEqual(5);
  })(),
);
