import { describe, expect, it } from '@jest/globals';
import { all, ClosedResourceError, currentTime, moveOnAfter, openNursery, sleep } from '@tercet/core';
import { Turns } from '@tercet/sync';
import { testRun, waitAllTasksBlocked } from '@tercet/testing';
import { thrownBy } from '../thrown-by.ts';

describe('Turns', () => {
  it(
    'lets operations of one task follow each other, in the order in which they came',
    testRun(async () => {
      const turns = new Turns();
      const order: string[] = [];
      const operation = (name: string) => async (): Promise<void> => {
        order.push(`${name} begins`);
        await sleep(10);
        order.push(`${name} ends`);
      };
      await Promise.all(['a', 'b', 'c'].map((name) => turns.run(operation(name))));
      expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
      expect(turns.free).toBe(true);
    }),
  );

  it(
    'passes the turn on, so that an operation that comes later does not get it first',
    testRun(async () => {
      const turns = new Turns();
      const order: string[] = [];
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          turns.run(async () => {
            await sleep(10);
            order.push('first');
          }),
        );
        nursery.startSoon(() => turns.run(() => void order.push('second')));
        await sleep(10);
        expect(turns.free).toBe(false);
        await turns.run(() => void order.push('third'));
      });
      expect(order).toEqual(['first', 'second', 'third']);
    }),
  );

  it(
    'gives the turn on when an operation fails, and forgets one that is cancelled while it waits',
    testRun(async () => {
      const turns = new Turns();
      await openNursery(async (nursery) => {
        const failing = nursery.startSoon(() =>
          thrownBy(() =>
            turns.run(async () => {
              await sleep(20);
              throw new RangeError('failed');
            }),
          ),
        );
        await waitAllTasksBlocked();
        let called = false;
        await moveOnAfter(10, () => turns.run(() => void (called = true)));
        expect(await failing.result()).toBeInstanceOf(RangeError);
        expect([called, turns.free]).toEqual([false, true]);
      });
    }),
  );

  it(
    'fails those that wait when it is closed, and waits for the one that runs, even in a cancelled scope',
    testRun(async () => {
      const turns = new Turns('a turn', 'the file is closed');
      await openNursery(async (nursery) => {
        nursery.startSoon(() => turns.run(() => sleep(50)));
        const waiting = nursery.startSoon(() => thrownBy(() => turns.run(() => 1, 'read()')));
        await waitAllTasksBlocked();
        await all([() => moveOnAfter(10, () => turns.close()), () => turns.close()]);
        expect(currentTime()).toBe(50);
        const error = await waiting.result();
        expect(error).toBeInstanceOf(ClosedResourceError);
        expect((error as Error).message).toBe('read(): the file is closed');
      });
      expect([turns.closed, turns.free]).toEqual([true, false]);
      expect(await thrownBy(() => turns.run(() => 1))).toBeInstanceOf(ClosedResourceError);
      await turns.close();
    }),
  );

  it(
    'lets an operation not begin whose turn has come in the step in which it is closed',
    testRun(async () => {
      const turns = new Turns();
      await openNursery(async (nursery) => {
        let end = (): void => undefined;
        const held = new Promise<void>((resolve) => (end = resolve));
        const first = turns.run(() => held);
        let called = false;
        const second = nursery.startSoon(() => thrownBy(() => turns.run(() => void (called = true))));
        await waitAllTasksBlocked();
        // This callback follows the one in which the turn is handed over, and precedes the one in which it is used.
        const closed = held.then(() => turns.close());
        end();
        await closed;
        await first;
        expect([await second.result(), called]).toEqual([expect.any(ClosedResourceError), false]);
      });
    }),
  );
});
