import { describe, expect, it } from '@jest/globals';
import { CancelScope, moveOnAfter, openNursery, rethrowIfCancelled, sleepForever } from '@tercet/core';
import { addInstrument, removeInstrument, WaitQueue, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

it(
  'G-73: hands values to those who wait, first come first served, each with what it brought along',
  testRun(async () => {
    const queue = new WaitQueue<string, number>('a number');
    expect([queue.length, queue.first, queue.wakeFirst('nobody')]).toEqual([0, undefined, false]);
    const got: string[] = [];
    await openNursery(async (nursery) => {
      for (const n of [1, 2, 3]) {
        nursery.startSoon(async () => {
          got.push(`${n} ${await queue.wait(n)}`);
        });
      }
      await waitAllTasksBlocked();
      expect(Array.from(queue, ({ payload }) => payload)).toEqual([1, 2, 3]);
      expect([queue.length, queue.first!.payload]).toEqual([3, 1]);
      queue.wakeFirst('a');
      queue.first!.wake('b');
      expect(queue.length).toBe(1);
      queue.wakeFirst('c');
    });
    expect(got).toEqual(['1 a', '2 b', '3 c']);
  }),
);

it(
  'wakes or fails one out of the middle, also while it is iterated over',
  testRun(async () => {
    const queue = new WaitQueue<number, number>('x');
    await openNursery(async (nursery) => {
      for (const n of [0, 1, 2, 3]) {
        nursery.startSoon(async () => {
          const outcome = await queue.wait(n).catch((error: unknown) => (error as Error).message);
          expect(outcome).toEqual(n % 2 === 0 ? n * 10 : `failed ${n}`);
        });
      }
      await waitAllTasksBlocked();
      for (const waiter of queue) {
        if (waiter.payload % 2 === 0) waiter.wake(waiter.payload * 10);
        else waiter.fail(new Error(`failed ${waiter.payload}`));
      }
      expect(queue.length).toBe(0);
    });
  }),
);

it(
  'G-75: who is cancelled leaves without a trace, from the front, the middle and the end',
  testRun(async () => {
    for (const victim of [0, 1, 2]) {
      const queue = new WaitQueue<void, number>('x');
      await openNursery(async (nursery) => {
        const scopes = [0, 1, 2].map(() => new CancelScope());
        scopes.forEach((scope, n) => nursery.startSoon(() => scope.run(() => queue.wait(n))));
        await waitAllTasksBlocked();
        scopes[victim]!.cancel();
        expect(Array.from(queue, ({ payload }) => payload)).toEqual([0, 1, 2].filter((n) => n !== victim));
        queue.wakeAll();
      });
    }
  }),
);

it(
  'G-75: a task that is woken and cancelled in the same moment keeps its value',
  testRun(async () => {
    const queue = new WaitQueue<string>('x');
    const scope = new CancelScope();
    await openNursery(async (nursery) => {
      nursery.startSoon(() => scope.run(async () => expect(await queue.wait(undefined)).toBe('mine')));
      await waitAllTasksBlocked();
      queue.wakeFirst('mine');
      scope.cancel();
    });
    expect(scope.cancelledCaught).toBe(false);
  }),
);

it(
  'moves the first to the end of another queue',
  testRun(async () => {
    const [from, to] = [new WaitQueue<string>('x'), new WaitQueue<string>('y')];
    expect(from.moveFirstTo(to)).toBe(false);
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => expect(await from.wait(undefined)).toBe('from the other one'));
      await waitAllTasksBlocked();
      expect([from.moveFirstTo(to), from.length, to.length]).toEqual([true, 0, 1]);
      to.wakeFirst('from the other one');
    });
  }),
);

it('cannot be waited in outside of a run', async () => {
  const queue = new WaitQueue<void>('a turn');
  const error = await thrownBy(() => queue.wait(undefined));
  expect((error as Error).message).toMatch(/^a turn.*outside of a run/);
  expect(queue.length).toBe(0);
});

describe('C-15: a hook that cancels the next one when the first is woken', () => {
  /** Four tasks wait in a queue; `act` wakes all, while the first to be scheduled has the next one cancelled. */
  async function outcomes(act: (queue: WaitQueue<string, number>) => void): Promise<string[]> {
    const queue = new WaitQueue<string, number>('x');
    const scopes = [0, 1, 2, 3].map(() => new CancelScope());
    const results: string[] = [];
    const instrument = { taskScheduled: (): void => scopes[1]!.cancel() };
    await openNursery(async (nursery) => {
      scopes.forEach((scope, n) =>
        nursery.startSoon(async () => {
          const outcome = await scope.run(() =>
            queue.wait(n).catch((error: unknown) => {
              rethrowIfCancelled(error);
              return (error as Error).message;
            }),
          );
          results.push(`${n} ${scope.cancelledCaught ? 'cancelled' : outcome}`);
        }),
      );
      await waitAllTasksBlocked();
      addInstrument(instrument);
      try {
        act(queue);
      } finally {
        removeInstrument(instrument);
      }
      expect(queue.length).toBe(0);
    });
    return results.sort();
  }
  const woken = (text: string): string[] => [`0 ${text}`, '1 cancelled', `2 ${text}`, `3 ${text}`];

  it(
    'C-15: leaves wakeAll in order',
    testRun(async () => {
      expect(await outcomes((queue) => queue.wakeAll('woken'))).toEqual(woken('woken'));
    }),
  );

  it(
    'C-15: leaves failAll in order, which gives each waiter an error of its own',
    testRun(async () => {
      const made: number[] = [];
      const act = (queue: WaitQueue<string, number>): void =>
        queue.failAll(({ payload }) => {
          made.push(payload);
          return new Error('failed');
        });
      expect(await outcomes(act)).toEqual(woken('failed'));
      expect(made).toEqual([0, 2, 3]);
    }),
  );

  it(
    'C-15: is passed over by an iteration',
    testRun(async () => {
      const act = (queue: WaitQueue<string, number>): void => {
        for (const waiter of queue) waiter.wake('woken');
      };
      expect(await outcomes(act)).toEqual(woken('woken'));
    }),
  );
});

it.each([
  ['wakeAll', (queue: WaitQueue<void>): void => queue.wakeAll()],
  ['failAll', (queue: WaitQueue<void>): void => queue.failAll(() => new Error('x'))],
  [
    'an iteration',
    (queue: WaitQueue<void>): void => {
      for (const waiter of queue) waiter.wake();
    },
  ],
])('C-15: %s ends, although a hook makes others wait meanwhile', (_, act) =>
  testRun(() =>
    moveOnAfter(1, async () => {
      const queue = new WaitQueue<void>('x');
      const instrument = { taskScheduled: (): void => void queue.wait(undefined).catch(() => undefined) };
      await openNursery(async (nursery) => {
        for (let n = 0; n < 3; n++) nursery.startSoon(() => queue.wait(undefined).catch(rethrowIfCancelled));
        await waitAllTasksBlocked();
        addInstrument(instrument);
        try {
          act(queue);
        } finally {
          removeInstrument(instrument);
        }
        expect(queue.length).toBe(3);
        await sleepForever();
      });
    }),
  )(),
);
