import { describe, expect, it, jest } from '@jest/globals';
import {
  abandonable,
  abortable,
  all,
  any,
  CancelScope,
  checkpoint,
  failAfter,
  failAt,
  handleGroup,
  mapConcurrent,
  moveOnAfter,
  moveOnAt,
  openNursery,
  race,
  run,
  shielded,
  sleep,
  sleepUntil,
} from '@tercet/core';
import type { Nursery } from '@tercet/core';
import {
  cancelShieldedCheckpoint,
  checkpointIfCancelled,
  currentTask,
  ParkingLot,
  rejected,
  suspend,
  waitAllTasksBlocked,
} from '@tercet/core/lowlevel';
import { FAIR, ticksDuring } from '../ticks-during.ts';

describe('fairness: a loop of operations that are always ready lets the event loop turn', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['checkpoint()', checkpoint],
    ['sleep(0)', (): Promise<void> => sleep(0)],
    ['cancelShieldedCheckpoint()', cancelShieldedCheckpoint],
    ['an empty nursery', (): Promise<unknown> => openNursery(() => undefined)],
    ['a nursery whose tasks never wait', (): Promise<unknown> => openNursery((n) => n.startSoon(() => undefined))],
    ['start()', (): Promise<unknown> => openNursery((n) => n.start<void>((status) => status.started()))],
    ['all()', (): Promise<unknown> => all([(): number => 1, (): number => 2])],
    ['race()', (): Promise<unknown> => race([(): number => 1, (): number => 2])],
    ['mapConcurrent()', (): Promise<unknown> => mapConcurrent([1, 2], (n) => n, { concurrency: 1 })],
    ['a checkpoint in a scope with a deadline', (): Promise<unknown> => moveOnAfter(10_000, checkpoint)],
  ])('%s', async (_title, operation) => {
    expect(await ticksDuring(operation)).toBe(FAIR);
  });

  let closed: Nursery | undefined;
  const used = new CancelScope();
  const throwX = (): never => {
    throw new Error('x');
  };
  const broken = new ParkingLot();
  const swallowed =
    (operation: () => Promise<unknown>): (() => Promise<unknown>) =>
    () =>
      operation().catch(() => undefined);
  const cancelled = (operation: () => Promise<unknown>) => (): Promise<unknown> =>
    moveOnAfter(10_000, (scope) => {
      scope.cancel();
      return operation();
    });

  it.each<[string, () => Promise<unknown>]>([
    ['checkpointIfCancelled()', checkpointIfCancelled],
    ['checkpoint() under a deadline that has passed', (): Promise<unknown> => moveOnAfter(0, checkpoint)],
    ['sleep() under a deadline that has passed', (): Promise<unknown> => moveOnAfter(0, () => sleep(1))],
    ['checkpointIfCancelled() in a cancelled scope', cancelled(checkpointIfCancelled)],
    ['park() in a cancelled scope', cancelled(() => new ParkingLot().park())],
    ['abandonable() in a cancelled scope', cancelled(() => abandonable(new Promise(() => undefined)))],
    ['abortable() in a cancelled scope', cancelled(() => abortable(() => Promise.resolve()))],
    ['race() in a cancelled scope', cancelled(() => race([(): number => 1]))],
    ['a scope whose body never waits', (): Promise<unknown> => moveOnAfter(10_000, () => 1)],
    ['a scope whose body fails', swallowed(() => new CancelScope().run(() => Promise.reject(new Error('x'))))],
    ['failAfter()', (): Promise<unknown> => failAfter(10_000, () => 1)],
    ['shielded()', (): Promise<unknown> => shielded(() => 1)],
    ['handleGroup()', (): Promise<void> => handleGroup(new Error('x'), [Error, (): void => undefined])],
    ['sleep(-1)', swallowed(() => sleep(-1))],
    ['sleepUntil(NaN)', swallowed(() => sleepUntil(NaN))],
    ['moveOnAfter(-1)', swallowed(() => moveOnAfter(-1, () => 1))],
    ['moveOnAt(NaN)', swallowed(() => moveOnAt(NaN, () => 1))],
    ['failAfter(-1)', swallowed(() => failAfter(-1, () => 1))],
    ['failAt(NaN)', swallowed(() => failAt(NaN, () => 1))],
    ['shielded() without a function', swallowed(() => shielded(1 as never))],
    ['a scope that has been used', swallowed(() => used.run(() => 1))],
    [
      'start() in a closed nursery',
      swallowed(async () => (closed ??= await openNursery((nursery) => nursery))!.start(() => 1)),
    ],
    ['openNursery() without a function', swallowed(() => openNursery(1 as never))],
    ['run() inside a run', swallowed(() => run(() => 1))],
    ['all() without functions', swallowed(() => all(1 as never))],
    ['race() without functions', swallowed(() => race([]))],
    ['any() without functions', swallowed(() => any([]))],
    ['mapConcurrent() without a function', swallowed(() => mapConcurrent([], 1 as never))],
    ['mapConcurrent() with a wrong limit', swallowed(() => mapConcurrent([], () => 1, { concurrency: 0 }))],
    ['waitAllTasksBlocked(-1)', swallowed(() => waitAllTasksBlocked(-1))],
    ['park() in a broken lot', swallowed(() => (broken.breakLot(currentTask()), broken.park()))],
    ['suspend() whose arm throws', swallowed(() => suspend('x', throwX))],
    ['rejected()', swallowed(() => rejected(new Error('x')))],
  ])('C-6: %s', async (_title, operation) => {
    expect(await ticksDuring(operation)).toBe(FAIR);
  });

  it.each([1, 2, 300])('C-6: %d tasks that spawn their successors', async (count) => {
    let spawned = 0;
    await run(() =>
      openNursery(async (nursery) => {
        const successor = (): void => {
          spawned++;
          if (!nursery.cancelScope.cancelCalled) nursery.startSoon(successor);
        };
        for (let n = 0; n < count; n++) successor();
        await new Promise<void>((resolve) => setTimeout(resolve, 1));
        nursery.cancelScope.cancel();
      }),
    );
    expect(spawned).toBeGreaterThan(count);
  });

  it('C-6: mapConcurrent() over a source that is always ready', async () => {
    function* numbers(): Generator<number> {
      for (let n = 0; ; n++) yield n;
    }
    const scope = new CancelScope({ relativeDeadline: 5 });
    await run(() => scope.run(() => mapConcurrent(numbers(), () => undefined, { concurrency: 4 })));
    expect(scope.cancelledCaught).toBe(true);
  });

  it('two tasks that wake each other', async () => {
    const [here, there] = [new ParkingLot(), new ParkingLot()];
    await run(() =>
      openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          for (;;) {
            await there.park();
            here.unpark();
          }
        });
        await checkpoint();
        const ticks = await ticksDuring(async () => {
          there.unpark();
          await here.park();
        });
        nursery.cancelScope.cancel();
        expect(ticks).toBe(FAIR);
      }),
    );
  });

  it('a task that swallows its cancellation over and over', async () => {
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const scope = new CancelScope();
    scope.cancel();
    let ticks = 0;
    await run(() =>
      scope.run(async () => {
        for (let i = 0; i < 2000; i++) await checkpoint().catch(() => undefined);
        ticks = await ticksDuring(() => checkpoint().catch(() => undefined));
      }),
    );
    expect(emit).toHaveBeenCalledTimes(1);
    expect(ticks).toBe(FAIR);
  });
});

it('G-7: a deadline is served while a task goes on without ever waiting', async () => {
  const scope = new CancelScope({ relativeDeadline: 20 });
  await run(() =>
    scope.run(async () => {
      for (;;) await checkpoint();
    }),
  );
  expect(scope.cancelledCaught).toBe(true);
});

it('G-9: each of many tasks that can go on gets its step in turn', async () => {
  const steps = new Array<number>(20).fill(0);
  await run(() =>
    openNursery((nursery) => {
      for (let n = 0; n < steps.length; n++) {
        nursery.startSoon(async () => {
          for (let i = 0; i < 500; i++) {
            steps[n]!++;
            expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1);
            await checkpoint();
          }
        });
      }
    }),
  );
  expect(steps).toEqual(steps.map(() => 500));
});
