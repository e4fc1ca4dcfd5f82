import { describe, expect, it } from '@jest/globals';
import {
  ClosedResourceError,
  currentTime,
  ExceptionGroup,
  moveOnAfter,
  openNursery,
  run,
  sleep,
  sleepForever,
  StateError,
} from '@tercet/core';
import { formatTaskTree, spawnSystemTask, taskTree, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { Event, Pool } from '@tercet/sync';
import type { PoolOptions } from '@tercet/sync';
import { MockClock, testRun } from '@tercet/testing';
import { expectCancelled } from '../expect-cancelled.ts';
import { thrownBy } from '../thrown-by.ts';

/** A pool of numbered resources, and what has happened to them. */
function poolOf(options: Partial<PoolOptions<number>> = {}): { pool: Pool<number>; events: string[] } {
  const events: string[] = [];
  let count = 0;
  const open = async (): Promise<number> => {
    await sleep(5);
    events.push(`open ${++count}`);
    return count;
  };
  const close = async (resource: number): Promise<void> => {
    await sleep(1);
    events.push(`close ${resource}`);
  };
  return { pool: new Pool({ open, close, max: 2, ...options }), events };
}

describe('Pool', () => {
  it(
    'opens a resource when it is needed, and uses the one that came back last',
    testRun(async () => {
      const { pool, events } = poolOf();
      expect(await pool.use((resource) => resource)).toBe(1);
      expect(await pool.use((resource) => resource)).toBe(1);
      await openNursery((nursery) => {
        nursery.startSoon(() => pool.use(() => sleep(10)));
        nursery.startSoon(() => pool.use(() => sleep(20)));
      });
      expect(await pool.use((resource) => resource)).toBe(2);
      expect(pool.statistics()).toEqual({ inUse: 0, idle: 2, tasksWaiting: 0 });
      await pool.close();
      expect(events).toEqual(['open 1', 'open 2', 'close 1', 'close 2']);
    }),
  );

  it(
    'never has more than max, and serves tasks in the order in which they came',
    testRun(async () => {
      const { pool } = poolOf({ max: 2 });
      let inUse = 0;
      const order: number[] = [];
      await openNursery((nursery) => {
        for (let i = 0; i < 6; i++) {
          nursery.startSoon(() =>
            pool.use(async () => {
              order.push(i);
              expect(++inUse).toBeLessThanOrEqual(2);
              await sleep(10);
              inUse--;
            }),
          );
        }
      });
      expect(order).toEqual([0, 1, 2, 3, 4, 5]);
      await pool.close();
    }),
  );

  it(
    'takes a resource back when the body fails or is cancelled, and a place when opening does',
    testRun(async () => {
      let fails = false;
      const { pool, events } = poolOf({
        max: 1,
        open: () => {
          if (fails) throw new RangeError('no connection');
          return 1;
        },
      });
      const error = await thrownBy(() =>
        pool.use(() => {
          throw new TypeError('body');
        }),
      );
      expect(error).toBeInstanceOf(TypeError);
      await moveOnAfter(10, () => pool.use(() => sleep(1000)));
      expect(await moveOnAfter(10, () => pool.use(() => 'still there'))).toBe('still there');
      await pool.close();
      expect(events).toEqual(['close 1']);
      const { pool: failing } = poolOf({
        max: 1,
        open: () => {
          throw new RangeError('no connection');
        },
      });
      fails = true;
      for (let i = 0; i < 3; i++) expect(await thrownBy(() => failing.use(() => 1))).toBeInstanceOf(RangeError);
      expect(failing.statistics().inUse).toBe(0);
    }),
  );

  it(
    'replaces an idle resource that does not work any more',
    testRun(async () => {
      const { pool, events } = poolOf({ validate: async (resource) => sleep(1).then(() => resource > 1) });
      await pool.use(() => undefined);
      expect(await pool.use((resource) => resource)).toBe(2);
      expect(events).toEqual(['open 1', 'close 1', 'open 2']);
      await pool.close();
    }),
  );

  it(
    'closes a resource whose check fails, and frees its place',
    testRun(async () => {
      const { pool, events } = poolOf({
        max: 1,
        validate: () => {
          throw new RangeError('check');
        },
      });
      await pool.use(() => undefined);
      expect(await thrownBy(() => pool.use(() => 1))).toBeInstanceOf(RangeError);
      expect([events, pool.statistics().inUse]).toEqual([['open 1', 'close 1'], 0]);
      await pool.close();
    }),
  );

  it(
    'closes what has been idle for too long, but min of them',
    testRun(async () => {
      const { pool, events } = poolOf({ max: 3, min: 1, idle: { seconds: 1 } });
      await openNursery((nursery) => {
        for (let i = 0; i < 3; i++) nursery.startSoon(() => pool.use(() => sleep(10 * i)));
      });
      await sleep(5000);
      expect(events.filter((event) => event.startsWith('close'))).toHaveLength(2);
      expect(pool.statistics().idle).toBe(1);
      await pool.close();
    }),
  );

  it(
    'refuses to be used when it is closed, and waits for what is in use',
    testRun(async () => {
      const { pool, events } = poolOf({ max: 1 });
      await openNursery(async (nursery) => {
        nursery.startSoon(() => pool.use(() => sleep(20)));
        const waiting = nursery.startSoon(() => thrownBy(() => pool.use(() => 1)));
        await waitAllTasksBlocked();
        await pool.close();
        expect(Math.round(currentTime())).toBe(26);
        expect(await waiting.result()).toBeInstanceOf(ClosedResourceError);
      });
      expect(await thrownBy(() => pool.use(() => 1))).toBeInstanceOf(ClosedResourceError);
      expect(events).toEqual(['open 1', 'close 1']);
      await pool.close();
    }),
  );

  it(
    'closes the others when closing one of them fails',
    testRun(async () => {
      const closed: number[] = [];
      const { pool } = poolOf({
        close: (resource) => {
          if (closed.push(resource) === 1) throw new RangeError('stuck');
        },
      });
      await openNursery((nursery) => {
        for (let i = 0; i < 2; i++) nursery.startSoon(() => pool.use(() => sleep(10)));
      });
      expect(await thrownBy(() => pool.close())).toBeInstanceOf(RangeError);
      expect(closed).toHaveLength(2);
    }),
  );

  it(
    'is a checkpoint, and loses no place to a task that is cancelled while it waits',
    testRun(async () => {
      const { pool } = poolOf({ max: 1 });
      await expectCancelled(() => pool.use(() => 1));
      await openNursery((nursery) => {
        nursery.startSoon(() => pool.use(() => sleep(50)));
        nursery.startSoon(() => moveOnAfter(10, () => pool.use(() => 1)));
      });
      expect(pool.statistics()).toEqual({ inUse: 0, idle: 1, tasksWaiting: 0 });
      await pool.close();
    }),
  );

  it(
    'gives nothing to a task whose turn has come in the step in which it is closed',
    testRun(async () => {
      const { pool, events } = poolOf();
      const late = pool.use(() => 1);
      await pool.close();
      expect(await thrownBy(() => late)).toBeInstanceOf(ClosedResourceError);
      expect([events, pool.statistics().inUse]).toEqual([[], 0]);
    }),
  );

  it(
    'keeps both errors when a body and the closing of its resource fail',
    testRun(async () => {
      const { pool } = poolOf({
        close: () => {
          throw new RangeError('stuck');
        },
      });
      const error = await thrownBy(() =>
        pool.use(() => {
          void pool.close();
          throw new TypeError('body');
        }),
      );
      expect(error).toBeInstanceOf(ExceptionGroup);
      expect((error as ExceptionGroup).errors.map(String)).toEqual(['TypeError: body', 'RangeError: stuck']);
    }),
  );

  it(
    'goes on when it cannot close an idle resource, and says so when it is closed',
    testRun(async () => {
      const { pool } = poolOf({
        idle: 100,
        close: (resource) => {
          throw new RangeError(`stuck ${resource}`);
        },
        validate: (resource) => resource !== 2,
      });
      await pool.use(() => undefined);
      await sleep(1000);
      expect(pool.statistics().idle).toBe(0);
      expect(await pool.use((resource) => resource)).toBe(2);
      expect(await pool.use((resource) => resource)).toBe(3);
      const error = await thrownBy(() => pool.close());
      expect((error as ExceptionGroup).errors.map(String)).toEqual(['RangeError: stuck 2', 'RangeError: stuck 3']);
    }),
  );

  it('closes idle resources at the end of a run, and opens new ones in the next', async () => {
    const { pool, events } = poolOf();
    for (let number = 1; number <= 2; number++) {
      const program = async (): Promise<void> => {
        await pool.use(() => undefined);
        await pool.use(() => undefined);
      };
      await run(program, { clock: new MockClock({ autojumpThreshold: 0 }) });
      expect(pool.statistics()).toEqual({ inUse: 0, idle: 0, tasksWaiting: 0 });
    }
    expect(events).toEqual(['open 1', 'close 1', 'open 2', 'close 2']);
  });

  it('closes, at the end of a run, a resource that a system task returns meanwhile', async () => {
    const { pool, events } = poolOf({ open: () => 1, close: () => void events.push('closed') });
    const program = async (): Promise<void> => {
      spawnSystemTask(() => pool.use(() => sleepForever()));
      await sleep(1);
    };
    await run(program, { clock: new MockClock({ autojumpThreshold: 0 }) });
    expect([events, pool.statistics().idle]).toEqual([['closed'], 0]);
  });

  it('serves two runs at the same time, each by its own clock', async () => {
    const { pool, events } = poolOf({ open: () => 1, close: () => void events.push('closed'), idle: 100 });
    const [firstClock, secondClock] = [new MockClock(), new MockClock()];
    const pass = async (clock: MockClock, time: number): Promise<string[]> => {
      await waitAllTasksBlocked();
      clock.jump(time);
      await waitAllTasksBlocked();
      return events;
    };
    const [idleInFirst, idleInSecond, firstIsOver] = [new Event(), new Event(), new Event()];
    const first = async (): Promise<void> => {
      await pool.use(() => undefined);
      idleInFirst.set();
      await idleInSecond.wait();
      expect(await pass(firstClock, 1000)).toEqual([]);
      firstIsOver.set();
    };
    const second = async (): Promise<void> => {
      await idleInFirst.wait();
      await pass(secondClock, 1e9);
      await pool.use(() => undefined);
      idleInSecond.set();
      await firstIsOver.wait();
      expect(await pass(secondClock, 99)).toEqual([]);
      expect(await pass(secondClock, 1)).toEqual(['closed']);
    };
    await Promise.all([run(first, { clock: firstClock }), run(second, { clock: secondClock })]);
  });

  it(
    'leaves no task behind when it is closed',
    testRun(async () => {
      const { pool } = poolOf({ idle: { hours: 1 } });
      await pool.use(() => undefined);
      const tree = (): string => formatTaskTree(taskTree());
      expect(tree()).toContain('keeper of a pool');
      await pool.close();
      await waitAllTasksBlocked();
      expect(tree()).not.toContain('keeper of a pool');
      expect(currentTime()).toBeLessThan(100);
    }),
  );

  it('refuses options that make no sense, and needs a run', async () => {
    expect(() => poolOf({ max: 0 })).toThrow(RangeError);
    expect(() => poolOf({ min: 3 })).toThrow(RangeError);
    expect(() => poolOf({ open: 1 as never })).toThrow(TypeError);
    expect(await thrownBy(() => poolOf().pool.use(() => 1))).toBeInstanceOf(StateError);
  });
});
