import { describe, expect, it } from '@jest/globals';
import { moveOnAfter, openNursery, sleep, StateError } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { AsyncValue } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import { expectCancelled } from '../expect-cancelled.ts';
import { thrownBy } from '../thrown-by.ts';

describe('AsyncValue', () => {
  it(
    'lets tasks wait until it fits, and misses no value that does',
    testRun(async () => {
      const value = new AsyncValue(0);
      expect(await value.waitFor((number) => number === 0)).toBe(0);
      await openNursery(async (nursery) => {
        const big = nursery.startSoon(() => value.waitFor((number) => number > 5));
        const three = nursery.startSoon(() => value.waitFor((number) => number === 3));
        await waitAllTasksBlocked();
        value.set(3);
        value.set(7);
        value.value = 1;
        expect([await three.result(), await big.result(), value.value]).toEqual([3, 7, 1]);
      });
    }),
  );

  it(
    'gives the error of a predicate to the task that waits with it',
    testRun(async () => {
      const value = new AsyncValue(0);
      await openNursery(async (nursery) => {
        const failing = nursery.startSoon(() =>
          thrownBy(() =>
            value.waitFor((number) => {
              if (number > 0) throw new RangeError('too much');
              return false;
            }),
          ),
        );
        const other = nursery.startSoon(() => value.waitFor((number) => number === 1));
        await waitAllTasksBlocked();
        value.set(1);
        expect(await failing.result()).toBeInstanceOf(RangeError);
        expect(await other.result()).toBe(1);
      });
      expect(await thrownBy(() => value.waitFor(1 as never))).toBeInstanceOf(TypeError);
    }),
  );

  it(
    'is a checkpoint, and is left without a trace when it is cancelled',
    testRun(async () => {
      const value = new AsyncValue(0);
      await expectCancelled(() => value.waitFor(() => true));
      expect(await moveOnAfter(10, () => value.waitFor((number) => number === 1))).toBeUndefined();
      value.set(1);
    }),
  );

  it(
    'gives a loop each change, and the latest one when the loop is slow',
    testRun(async () => {
      const value = new AsyncValue('a');
      const seen: string[] = [];
      await moveOnAfter(100, () =>
        openNursery((nursery) => {
          nursery.startSoon(async () => {
            for await (const each of value.changes()) {
              seen.push(each);
              await sleep(10);
            }
          });
          nursery.startSoon(async () => {
            await sleep(1);
            value.set('a');
            value.set('b');
            await sleep(15);
            for (const each of ['c', 'd', 'e']) value.set(each);
            await sleep(20);
            value.set('f');
          });
        }),
      );
      expect(seen).toEqual(['b', 'e', 'f']);
    }),
  );

  it('needs a run to wait in', async () => {
    expect(await thrownBy(() => new AsyncValue(0).waitFor(() => true))).toBeInstanceOf(StateError);
  });
});
