import { expect, it } from '@jest/globals';
import { CancelScope, Cancelled, checkpoint, openNursery, StateError } from '@tercet/core';
import {
  cancelShieldedCheckpoint,
  checkpointIfCancelled,
  currentTask,
  ready,
  rejectIfCancelled,
} from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

it(
  'G-1: a checkpoint lets all others go on that can, before it returns',
  testRun(async () => {
    const order: number[] = [];
    await openNursery(async (nursery) => {
      for (let i = 0; i < 5; i++) nursery.startSoon(() => order.push(i));
      await checkpoint();
      expect(order).toEqual([0, 1, 2, 3, 4]);
    });
  }),
);

it(
  'G-4: a checkpoint lets others go on before it checks: it notices what they have cancelled',
  testRun(() =>
    new CancelScope().run((scope) =>
      openNursery(async (nursery) => {
        nursery.startSoon(() => scope.cancel());
        expect(await thrownBy(checkpoint)).toBeInstanceOf(Cancelled);
      }),
    ),
  ),
);

it(
  'G-1: checkpointIfCancelled lets no other task run when not cancelled, and takes no turn',
  testRun(async () => {
    await openNursery(async (nursery) => {
      const { schedulePoints } = currentTask();
      nursery.startSoon(() => undefined);
      await checkpointIfCancelled();
      expect(currentTask().schedulePoints).toBe(schedulePoints);
    });
  }),
);

it(
  'ready gives its value, and rejectIfCancelled nothing when not cancelled',
  testRun(async () => {
    expect(rejectIfCancelled('test()')).toBeUndefined();
    const value = {};
    expect(await ready(value, 'test()')).toBe(value);
    expect(await ready(undefined, 'test()')).toBeUndefined();
  }),
);

it(
  'a Cancelled of a promise without a handler is not an unhandled rejection',
  testRun(() =>
    new CancelScope().run(async (scope) => {
      scope.cancel();
      void checkpoint();
      void checkpointIfCancelled().catch(() => undefined);
      void rejectIfCancelled('test()');
      await new Promise((resolve) => setImmediate(resolve));
      expect(scope.cancelledCaught).toBe(false);
    }),
  ),
);

it('outside of a run each of them rejects, and names the operation', async () => {
  for (const [name, promise] of [
    ['checkpoint()', checkpoint()],
    ['checkpointIfCancelled()', checkpointIfCancelled()],
    ['cancelShieldedCheckpoint()', cancelShieldedCheckpoint()],
    ['read()', ready(1, 'read()')],
    ['write()', rejectIfCancelled('write()')],
  ] as const) {
    const error = await thrownBy(() => promise);
    expect(error).toBeInstanceOf(StateError);
    expect((error as Error).message).toContain(name);
  }
});
