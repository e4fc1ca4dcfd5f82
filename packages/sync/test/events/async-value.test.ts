import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, checkpoint, moveOnAfter, openNursery, sleep, StateError } from '@tercet/core';
import { currentTask, inTask, waitAllTasksBlocked } from '@tercet/core/lowlevel';
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
    'asks a predicate in the task that waits, not in the one that sets',
    testRun(async () => {
      const value = new AsyncValue(0);
      const askedIn: string[] = [];
      await openNursery(async (nursery) => {
        const waiter = nursery.startSoon(async () => {
          const own = currentTask();
          await value.waitFor((number) => {
            askedIn.push(inTask() && currentTask() === own ? 'own' : 'foreign');
            return number === 2;
          });
        });
        await waitAllTasksBlocked();
        value.set(1);
        expect(askedIn).toEqual(['own']);
        value.set(2);
        await waiter.join();
      });
      expect(askedIn).toEqual(['own', 'own', 'own']);
    }),
  );

  it(
    'keeps a value that fits and came before the task was cancelled',
    testRun(async () => {
      const value = new AsyncValue(0);
      const scope = new CancelScope();
      await openNursery(async (nursery) => {
        const handle = nursery.startSoon(() => scope.run(() => value.waitFor((number) => number === 2)));
        await waitAllTasksBlocked();
        value.set(1);
        value.set(2);
        scope.cancel();
        expect(await handle.result()).toBe(2);
      });
    }),
  );

  it(
    'refuses promises, as values and as answers of a predicate',
    testRun(async () => {
      expect(() => new AsyncValue<unknown>(Promise.resolve())).toThrow(TypeError);
      const value = new AsyncValue<unknown>(0);
      expect(() => value.set(Promise.resolve())).toThrow('set(): a promise');
      expect(value.value).toBe(0);
      const answer = (async () => true) as never;
      expect(await thrownBy(() => value.waitFor(answer))).toBeInstanceOf(TypeError);
    }),
  );

  it('can be set outside of a run, and shows any value', () => {
    const value = new AsyncValue<unknown>(1);
    value.set(2);
    expect(inspect(value)).toBe('<AsyncValue 2, 0 waiting>');
    value.set(Object.create(null));
    expect(inspect(value)).toContain('of type object');
  });

  it(
    'gives two loops over the same changes all of them',
    testRun(async () => {
      const value = new AsyncValue(0);
      const changes = value.changes();
      const first = async (): Promise<number> => {
        for await (const each of changes) return each;
        throw new Error('it never ends');
      };
      await openNursery(async (nursery) => {
        const handles = [nursery.startSoon(first), nursery.startSoon(first)];
        await waitAllTasksBlocked();
        value.set(1);
        expect([await handles[0]?.result(), await handles[1]?.result()]).toEqual([1, 1]);
      });
      expect(await first()).toBe(1);
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

it(
  'waitFor can be cancelled while another task sets many values at each of its checkpoints',
  testRun(async () => {
    const progress = new AsyncValue(0);
    let isOver = false;
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        for (let i = 1; !isOver && i <= 100_000; i++) {
          progress.set(i);
          if (i % 100 === 0) await checkpoint();
        }
      });
      const scope = new CancelScope();
      nursery.startSoon(async () => {
        await scope.run(() => progress.waitFor((value) => value < 0));
        isOver = true;
      });
      for (let i = 0; i < 5; i++) await checkpoint();
      scope.cancel();
    });
    expect(progress.value).toBeLessThan(10_000);
  }),
);
