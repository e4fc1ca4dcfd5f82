import { describe, expect, it, jest } from '@jest/globals';
import { all, CancelScope, checkpoint, mapConcurrent, moveOnAfter, openNursery, race, run, sleep } from '@tercet/core';
import { cancelShieldedCheckpoint, ParkingLot } from '@tercet/core/lowlevel';
import { FAIR, ticksDuring } from '../ticks-during.ts';

describe('fairness: a loop of operations that are always ready lets the event loop turn', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['checkpoint()', checkpoint],
    ['sleep(0)', (): Promise<void> => sleep(0)],
    ['cancelShieldedCheckpoint()', cancelShieldedCheckpoint],
    ['an empty nursery', (): Promise<void> => openNursery(() => undefined)],
    ['a nursery whose tasks never wait', (): Promise<unknown> => openNursery((n) => n.startSoon(() => undefined))],
    ['start()', (): Promise<void> => openNursery((n) => n.start<void>((status) => status.started()))],
    ['all()', (): Promise<unknown> => all([(): number => 1, (): number => 2])],
    ['race()', (): Promise<unknown> => race([(): number => 1, (): number => 2])],
    ['mapConcurrent()', (): Promise<unknown> => mapConcurrent([1, 2], (n) => n, { concurrency: 1 })],
    ['a checkpoint in a scope with a deadline', (): Promise<unknown> => moveOnAfter(10_000, checkpoint)],
  ])('%s', async (_title, operation) => {
    expect(await ticksDuring(100, operation)).toBeGreaterThanOrEqual(FAIR);
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
        const ticks = await ticksDuring(100, async () => {
          there.unpark();
          await here.park();
        });
        nursery.cancelScope.cancel();
        expect(ticks).toBeGreaterThanOrEqual(FAIR);
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
        ticks = await ticksDuring(100, () => checkpoint().catch(() => undefined));
      }),
    );
    expect(emit).toHaveBeenCalledTimes(1);
    expect(ticks).toBeGreaterThanOrEqual(FAIR);
  });
});

it('G-7: a deadline is served while a task goes on without ever waiting', async () => {
  const began = performance.now();
  const scope = new CancelScope({ relativeDeadline: 20 });
  await run(() =>
    scope.run(async () => {
      for (;;) await checkpoint();
    }),
  );
  expect(scope.cancelledCaught).toBe(true);
  expect(performance.now() - began).toBeLessThan(2000);
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
