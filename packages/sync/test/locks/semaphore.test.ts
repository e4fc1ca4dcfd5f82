import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, openNursery, WouldBlock } from '@tercet/core';
import { Semaphore } from '@tercet/sync';
import { assertCheckpoints, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { expectCancelled } from '../expect-cancelled.ts';

describe('Semaphore', () => {
  it('SYN-030: starts with a whole number from zero on', () => {
    expect([new Semaphore(3).value, new Semaphore(3).maxValue]).toEqual([3, Infinity]);
    expect([new Semaphore(0, { maxValue: 5 }).value, new Semaphore(0, { maxValue: 5 }).maxValue]).toEqual([0, 5]);
    for (const value of [1.5, NaN, '1']) expect(() => new Semaphore(value as number)).toThrow(TypeError);
    expect(() => new Semaphore(-1)).toThrow(RangeError);
  });

  it(
    'SYN-031: can be released any number of times, and makes tasks wait at zero',
    testRun(async () => {
      const semaphore = new Semaphore(1);
      await assertCheckpoints(() => semaphore.acquire());
      expect(semaphore.value).toBe(0);
      expect(() => semaphore.acquireNowait()).toThrow(WouldBlock);
      for (let value = 1; value <= 3; value++) {
        semaphore.release();
        expect(semaphore.value).toBe(value);
      }
      semaphore.acquireNowait();
      expect(semaphore.value).toBe(2);
    }),
  );

  it(
    'SYN-032: is released at the end of a `using` block, and of run',
    testRun(async () => {
      const semaphore = new Semaphore(1);
      {
        using _ = await semaphore.acquire();
        expect(semaphore.value).toBe(0);
      }
      expect(semaphore.value).toBe(1);
      expect(await semaphore.run(() => semaphore.value)).toBe(0);
      expect(semaphore.value).toBe(1);
      const held = semaphore.acquireNowait();
      held[Symbol.dispose]();
      held[Symbol.dispose]();
      expect(semaphore.value).toBe(1);
    }),
  );

  it(
    'SYN-033, G-73: gives a release to the task that waits, and its value stays zero',
    testRun(async () => {
      const semaphore = new Semaphore(0);
      await openNursery(async (nursery) => {
        nursery.startSoon(() => semaphore.acquire());
        await waitAllTasksBlocked();
        expect(semaphore.statistics()).toEqual({ tasksWaiting: 1 });
        semaphore.release();
        expect([semaphore.value, semaphore.statistics().tasksWaiting]).toEqual([0, 0]);
        expect(() => semaphore.acquireNowait()).toThrow(WouldBlock);
      });
    }),
  );

  it('SYN-034: never exceeds its maximum', () => {
    for (const maxValue of [1.5, '1']) {
      expect(() => new Semaphore(1, { maxValue: maxValue as number })).toThrow(TypeError);
    }
    expect(() => new Semaphore(2, { maxValue: 1 })).toThrow(RangeError);
    const semaphore = new Semaphore(1, { maxValue: 1 });
    expect(() => semaphore.release()).toThrow(RangeError);
    expect(semaphore.value).toBe(1);
    semaphore.acquireNowait();
    semaphore.release();
    expect(semaphore.value).toBe(1);
  });

  it(
    'G-74, G-75: serves in the order in which tasks came, and forgets those that are cancelled',
    testRun(async () => {
      const semaphore = new Semaphore(0);
      const scope = new CancelScope();
      const order: number[] = [];
      await openNursery(async (nursery) => {
        for (let index = 0; index < 4; index++) {
          nursery.startSoon(async () => {
            const wait = async (): Promise<void> => {
              await semaphore.acquire();
              order.push(index);
            };
            await (index === 1 ? scope.run(wait) : wait());
          });
          await waitAllTasksBlocked();
        }
        scope.cancel();
        expect(semaphore.statistics().tasksWaiting).toBe(3);
        for (let index = 0; index < 3; index++) semaphore.release();
      });
      expect(order).toEqual([0, 2, 3]);
      await expectCancelled(() => semaphore.acquire());
      expect(semaphore.value).toBe(0);
    }),
  );

  it(
    'can be released from a callback outside of the run',
    testRun(async () => {
      const semaphore = new Semaphore(0);
      setImmediate(() => semaphore.release());
      await semaphore.acquire();
      expect(semaphore.value).toBe(0);
    }),
  );

  it('shows itself, and refuses to wait outside of a run', async () => {
    expect(inspect(new Semaphore(2))).toBe('<Semaphore 2 of Infinity, 0 waiting>');
    expect(inspect(new Semaphore(2, { maxValue: 3 }))).toBe('<Semaphore 2 of 3, 0 waiting>');
    const semaphore = new Semaphore(1);
    await expect(semaphore.acquire()).rejects.toThrow('outside of a run');
    expect(semaphore.value).toBe(1);
  });
});
