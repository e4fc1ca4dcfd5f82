import { describe, expect, it } from '@jest/globals';
import { BrokenResourceError, Cancelled, CancelScope, openNursery, rethrowIfCancelled, StateError } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { addInstrument, currentTask, ParkingLot, removeInstrument, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { inspect } from 'node:util';
import { thrownBy } from '../run-virtually.ts';

/** Starts tasks that park, one after the other, and note their number when they are woken. */
async function parkAll(nursery: Nursery, lot: ParkingLot, count: number): Promise<number[]> {
  const woken: number[] = [];
  for (let n = 0; n < count; n++) {
    nursery.startSoon(async () => {
      await lot.park();
      woken.push(n);
    });
  }
  await waitAllTasksBlocked();
  return woken;
}

it(
  'PKL-001: wakes all, or one by one in the order in which they came, or so many',
  testRun(async () => {
    const lot = new ParkingLot();
    await openNursery(async (nursery) => {
      let woken = await parkAll(nursery, lot, 3);
      expect([lot.size, lot.statistics()]).toEqual([3, { tasksWaiting: 3 }]);
      expect(inspect(lot)).toBe('<ParkingLot: 3 waiting>');
      expect(lot.unparkAll()).toHaveLength(3);
      expect(lot.size).toBe(0);
      await waitAllTasksBlocked();
      expect(woken).toEqual([0, 1, 2]);

      woken = await parkAll(nursery, lot, 3);
      for (let n = 0; n < 3; n++) {
        expect(lot.unpark()).toHaveLength(1);
        await waitAllTasksBlocked();
        expect(woken).toEqual([0, 1, 2].slice(0, n + 1));
      }
      expect(lot.unpark()).toEqual([]);

      woken = await parkAll(nursery, lot, 3);
      expect(lot.unpark(2)).toHaveLength(2);
      await waitAllTasksBlocked();
      expect(woken).toEqual([0, 1]);
      expect(lot.unpark(5)).toHaveLength(1);
    });
  }),
);

it.each([1.5, -1, NaN, '1'])('PKL-001: refuses %p as a count', (count) => {
  const lot = new ParkingLot();
  expect(() => lot.unpark(count as number)).toThrow(RangeError);
  expect(() => lot.repark(new ParkingLot(), count as number)).toThrow(RangeError);
});

it(
  'PKL-002: a task that is cancelled leaves without a trace, and the others are woken in order',
  testRun(async () => {
    const lot = new ParkingLot();
    await openNursery(async (nursery) => {
      const [first, second, third] = [1, 2, 3].map(() => new CancelScope());
      const woken: number[] = [];
      [first, second, third].forEach((scope, n) =>
        nursery.startSoon(() => scope!.run(() => lot.park()).then(() => woken.push(n))),
      );
      await waitAllTasksBlocked();
      second!.cancel();
      expect(lot.size).toBe(2);
      lot.unpark();
      await waitAllTasksBlocked();
      expect(woken).toEqual([1, 0]);
      lot.unpark();
    });
  }),
);

it(
  'moves tasks to the end of another lot, where they go on waiting',
  testRun(async () => {
    const [from, to] = [new ParkingLot(), new ParkingLot()];
    await openNursery(async (nursery) => {
      const already = await parkAll(nursery, to, 1);
      const woken = await parkAll(nursery, from, 4);
      from.repark(to, 2);
      expect([from.size, to.size]).toEqual([2, 3]);
      to.unpark(2);
      await waitAllTasksBlocked();
      expect([already, woken]).toEqual([[0], [0]]);
      from.reparkAll(to);
      expect([from.size, to.size]).toEqual([0, 3]);
      to.unparkAll();
      await waitAllTasksBlocked();
      expect(woken).toEqual([0, 1, 2, 3]);
      expect(() => from.repark({} as never)).toThrow(TypeError);
    });
  }),
);

it(
  'a task that was moved can still be cancelled without a trace',
  testRun(async () => {
    const [from, to] = [new ParkingLot(), new ParkingLot()];
    await openNursery(async (nursery) => {
      await parkAll(nursery, from, 2);
      from.reparkAll(to);
      nursery.cancelScope.cancel();
      expect([from.size, to.size]).toEqual([0, 0]);
    });
  }),
);

describe('PKL-004: a broken lot', () => {
  it(
    'fails those who park, and those who come later, with the name of who broke it',
    testRun(async () => {
      const lot = new ParkingLot();
      let error: unknown;
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          error = await thrownBy(() => lot.park());
        });
        await waitAllTasksBlocked();
        nursery.startSoon(function vandal() {
          lot.breakLot();
        });
      });
      expect(error).toBeInstanceOf(BrokenResourceError);
      const later = await thrownBy(() => lot.park());
      expect(later).toBeInstanceOf(BrokenResourceError);
      expect((later as Error).message).toContain('vandal');
      expect(inspect(lot)).toBe('<ParkingLot: 0 waiting, broken>');
    }),
  );

  it(
    'may be broken again, and names all',
    testRun(async () => {
      const lot = new ParkingLot();
      const main = currentTask();
      lot.breakLot();
      lot.breakLot(main);
      expect(lot.brokenBy).toEqual([main, main]);
      expect(((await thrownBy(() => lot.park())) as Error).message).toContain(`${main.name}, ${main.name}`);
    }),
  );

  it(
    'fails the tasks that are moved to it',
    testRun(async () => {
      const [lot, broken] = [new ParkingLot(), new ParkingLot()];
      broken.breakLot();
      await openNursery(async (nursery) => {
        nursery.startSoon(() => expect(lot.park()).rejects.toThrow(BrokenResourceError));
        await waitAllTasksBlocked();
        lot.reparkAll(broken);
      });
      expect(broken.size).toBe(0);
    }),
  );

  it(
    'is broken when a task ends that it was tied to, and not when that was undone',
    testRun(async () => {
      const [tied, free] = [new ParkingLot(), new ParkingLot()];
      await openNursery((nursery) => {
        nursery.startSoon(function owner() {
          for (const lot of [tied, free]) lot.breakWith(currentTask());
          free.unbreakWith(currentTask());
        });
      });
      expect(tied.brokenBy.map(({ name }) => name)).toEqual(['owner']);
      expect(free.brokenBy).toEqual([]);
    }),
  );
});

it('parks only in a run, and not in a cancelled scope', async () => {
  const lot = new ParkingLot();
  await expect(lot.park()).rejects.toThrow(StateError);
  await testRun(() =>
    new CancelScope().run(async (scope) => {
      scope.cancel();
      expect(await thrownBy(() => lot.park())).toBeInstanceOf(Cancelled);
      expect(lot.size).toBe(0);
    }),
  )();
});

it.each([
  ['unparkAll', (lot: ParkingLot): unknown => lot.unparkAll()],
  ['unpark', (lot: ParkingLot): unknown => lot.unpark(4)],
  ['breakLot', (lot: ParkingLot): unknown => lot.breakLot()],
])('C-15: %s reaches all others when a hook cancels the next task meanwhile', (_, act) =>
  testRun(async () => {
    const lot = new ParkingLot();
    const scopes = [0, 1, 2, 3].map(() => new CancelScope());
    let ended = 0;
    const instrument = { taskScheduled: (): void => scopes[1]!.cancel() };
    await openNursery(async (nursery) => {
      for (const scope of scopes) {
        nursery.startSoon(async () => {
          await scope.run(() => lot.park().catch(rethrowIfCancelled));
          ended++;
        });
      }
      await waitAllTasksBlocked();
      addInstrument(instrument);
      try {
        act(lot);
      } finally {
        removeInstrument(instrument);
      }
      expect(lot.size).toBe(0);
    });
    expect([ended, scopes.map(({ cancelledCaught }) => cancelledCaught)]).toEqual([4, [false, true, false, false]]);
  })(),
);

it(
  'G-75: can be moved to itself, which wakes nobody and ends',
  testRun(async () => {
    const lot = new ParkingLot();
    await openNursery(async (nursery) => {
      for (let i = 0; i < 3; i++) nursery.startSoon(() => lot.park());
      await waitAllTasksBlocked();
      lot.reparkAll(lot);
      expect(lot.size).toBe(3);
      lot.unparkAll();
    });
  }),
);
