import { expect, it } from '@jest/globals';
import { Cancelled, CancelScope, openNursery, StateError } from '@tercet/core';
import { currentCaller, currentTask, WaitQueue } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

it('outside of a run it refuses with the name of the operation, and a queue does not take it', async () => {
  const caller = currentCaller();
  expect(await thrownBy(() => caller.refuse('receive()')!)).toBeInstanceOf(StateError);
  await expect(caller.refuse('receive()')).rejects.toThrow(/receive\(\).*outside of a run/);
  await expect(caller.ready(1)).rejects.toBeInstanceOf(StateError);
  const queue = new WaitQueue<number>('an item');
  await expect(queue.wait(undefined, caller)).rejects.toThrow(/an item.*outside of a run/);
  expect(queue.length).toBe(0);
});

it(
  'G-3: in a cancelled scope it refuses with Cancelled, and is a point of cancellation each time',
  testRun(async () => {
    const before = currentTask().cancelPoints;
    await new CancelScope().run(async (scope) => {
      expect(currentCaller().refuse('x()')).toBeUndefined();
      scope.cancel();
      expect(await thrownBy(() => currentCaller().refuse('x()')!)).toBeInstanceOf(Cancelled);
    });
    expect(currentTask().cancelPoints - before).toBe(2);
  }),
);

it(
  'G-3: its ready value comes after others went on, and is kept although the scope is cancelled meanwhile',
  testRun(() =>
    new CancelScope().run((scope) =>
      openNursery(async (nursery) => {
        const order: string[] = [];
        nursery.startSoon(() => {
          order.push('other');
          scope.cancel();
        });
        order.push(await currentCaller().ready('mine'));
        expect(order).toEqual(['other', 'mine']);
      }),
    ),
  ),
);

it(
  'waits in the scope of its caller',
  testRun(async () => {
    const queue = new WaitQueue<string>('an item');
    const outer = currentCaller();
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await Promise.resolve();
        queue.wakeFirst('woken');
      });
      // The scope is cancelled, but it is not the scope of the one who waits.
      const item = await new CancelScope().run((scope) => {
        scope.cancel();
        return queue.wait(undefined, outer);
      });
      expect(item).toBe('woken');
    });
  }),
);
