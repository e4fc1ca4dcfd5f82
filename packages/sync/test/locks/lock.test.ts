import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import {
  BrokenResourceError,
  CancelScope,
  checkpoint,
  ExceptionGroup,
  openNursery,
  run,
  sleepForever,
  StateError,
  WouldBlock,
} from '@tercet/core';
import { currentTask } from '@tercet/core/lowlevel';
import type { Task } from '@tercet/core';
import { Lock, StrictFIFOLock } from '@tercet/sync';
import { assertCheckpoints, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { expectCancelled } from '../expect-cancelled.ts';

describe.each([
  ['Lock', Lock],
  ['StrictFIFOLock', StrictFIFOLock],
])('%s', (name, Class) => {
  it(
    'SYN-040: is held from acquire to release, by hand, by `using`, by run',
    testRun(async () => {
      const lock = new Class();
      expect(lock.locked).toBe(false);
      await assertCheckpoints(() => lock.acquire());
      expect(lock.locked).toBe(true);
      lock.release();
      expect(lock.locked).toBe(false);
      lock.acquireNowait();
      lock.release();
      {
        using _ = await lock.acquire();
        expect(lock.locked).toBe(true);
      }
      expect(lock.locked).toBe(false);
      const value = await assertCheckpoints(() => lock.run(() => [lock.locked]));
      expect([value, lock.locked]).toEqual([[true], false]);
      await expect(lock.run(() => Promise.reject(new Error('from the body')))).rejects.toThrow('from the body');
      expect(lock.locked).toBe(false);
    }),
  );

  it(
    'SYN-040: shows itself',
    testRun(async () => {
      const lock = new Class();
      expect(inspect(lock)).toBe(`<${name} free, 0 waiting>`);
      await openNursery(async (nursery) => {
        nursery.startSoon(function holder() {
          return lock.run(sleepForever);
        });
        await waitAllTasksBlocked();
        expect(inspect(lock)).toMatch(new RegExp(`^<${name} held by task holder#\\d+, 0 waiting>$`));
        nursery.cancelScope.cancel();
      });
    }),
  );

  it(
    'SYN-041: refuses a second acquire by its owner, and a release by anybody else',
    testRun(async () => {
      const lock = new Class();
      expect(() => lock.release()).toThrow(StateError);
      await lock.acquire();
      await expect(lock.acquire()).rejects.toThrow(StateError);
      expect(() => lock.acquireNowait()).toThrow('the calling task holds the lock already');
      await openNursery((nursery) => {
        nursery.startSoon(async () => {
          expect(() => lock.release()).toThrow(
            /the calling task does not hold the lock, which is held by task .*, 0 waiting/,
          );
          expect(() => lock.acquireNowait()).toThrow(WouldBlock);
        });
      });
      lock.release();
    }),
  );

  it(
    'SYN-042: says which task holds it and how many wait; all of that is gone when they are cancelled',
    testRun(async () => {
      const lock = new Class();
      expect(lock.statistics()).toEqual({ locked: false, owner: undefined, tasksWaiting: 0 });
      await openNursery(async (nursery) => {
        let holder: Task | undefined;
        nursery.startSoon(async () => {
          using _ = await lock.acquire();
          holder = currentTask();
          await sleepForever();
        });
        await waitAllTasksBlocked();
        nursery.startSoon(async () => {
          using _ = await lock.acquire();
          await sleepForever();
        });
        await waitAllTasksBlocked();
        expect(lock.statistics()).toEqual({ locked: true, owner: holder, tasksWaiting: 1 });
        nursery.cancelScope.cancel();
      });
      expect(lock.statistics()).toEqual({ locked: false, owner: undefined, tasksWaiting: 0 });
    }),
  );

  it(
    'G-73: belongs to the task that waits as soon as it is released, and never looks free in between',
    testRun(async () => {
      const lock = new Class();
      const order: string[] = [];
      await openNursery(async (nursery) => {
        await lock.acquire();
        nursery.startSoon(async () => {
          using _ = await lock.acquire();
          order.push('waiter');
        });
        await waitAllTasksBlocked();
        lock.release();
        expect(lock.statistics()).toMatchObject({ locked: true, tasksWaiting: 0 });
        expect(() => lock.acquireNowait()).toThrow(WouldBlock);
        using _ = await lock.acquire();
        order.push('the releaser');
      });
      expect(order).toEqual(['waiter', 'the releaser']);
    }),
  );

  it(
    'G-74: serves in the order in which tasks came',
    testRun(async () => {
      const lock = new Class();
      const order: number[] = [];
      await openNursery(async (nursery) => {
        await lock.acquire();
        for (let index = 0; index < 10; index++) {
          nursery.startSoon(async () => {
            using _ = await lock.acquire();
            order.push(index);
            await checkpoint();
          });
          await waitAllTasksBlocked();
        }
        lock.release();
      });
      expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }),
  );

  it(
    'G-75: forgets a waiter that is cancelled',
    testRun(async () => {
      const lock = new Class();
      const scope = new CancelScope();
      const order: string[] = [];
      await openNursery(async (nursery) => {
        await lock.acquire();
        nursery.startSoon(() => scope.run(() => lock.run(() => void order.push('cancelled'))));
        await waitAllTasksBlocked();
        nursery.startSoon(() => lock.run(() => void order.push('next')));
        await waitAllTasksBlocked();
        scope.cancel();
        expect(lock.statistics().tasksWaiting).toBe(1);
        lock.release();
      });
      expect(order).toEqual(['next']);
      await expectCancelled(() => lock.acquire());
      expect(lock.locked).toBe(false);
    }),
  );

  it(
    'G-75: belongs to a waiter to whom it was handed, although that is cancelled in the same moment',
    testRun(async () => {
      const lock = new Class();
      const scope = new CancelScope();
      let owned = false;
      await openNursery(async (nursery) => {
        await lock.acquire();
        nursery.startSoon(() =>
          scope.run(async () => {
            using _ = await lock.acquire();
            owned = lock.statistics().owner === currentTask();
            await checkpoint();
          }),
        );
        await waitAllTasksBlocked();
        lock.release();
        scope.cancel();
      });
      expect([owned, lock.locked]).toEqual([true, false]);
    }),
  );

  it(
    'SYN-070, G-77: is broken for ever when its owner ends without releasing it',
    testRun(async () => {
      const lock = new Class();
      await openNursery((nursery) => {
        nursery.startSoon(async function careless() {
          await lock.acquire();
        });
      });
      for (let again = 0; again < 2; again++) {
        await expect(lock.acquire()).rejects.toThrow(BrokenResourceError);
        await expect(lock.acquire()).rejects.toThrow(
          /^acquire\(\): the lock is held by task careless#\d+, which has ended without releasing it$/,
        );
        expect(() => lock.acquireNowait()).toThrow(BrokenResourceError);
      }
      expect(inspect(lock)).toMatch(
        new RegExp(`^<${name} held by task careless#\\d+, which has ended without releasing it>$`),
      );
    }),
  );

  it(
    'SYN-071: fails the tasks that wait with an error that says that the owner has ended',
    testRun(async () => {
      const lock = new Class();
      await expect(
        openNursery(async (nursery) => {
          nursery.startSoon(async () => {
            await lock.acquire();
            await waitAllTasksBlocked();
          });
          await checkpoint();
          nursery.startSoon(() => lock.run(sleepForever));
        }),
      ).rejects.toMatchObject({ errors: [{ name: 'BrokenResourceError' }] });
      expect(lock.statistics().tasksWaiting).toBe(0);
    }),
  );

  it(
    'G-77: breaks with the task that it was handed to, not with one that has released it',
    testRun(async () => {
      const lock = new Class();
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await lock.acquire();
          await waitAllTasksBlocked();
          lock.release();
        });
        await checkpoint();
        nursery.startSoon(async function second() {
          await lock.acquire();
        });
      });
      await expect(lock.acquire()).rejects.toThrow('task second#');
    }),
  );

  it('cannot be acquired outside of a run', async () => {
    const lock = new Class();
    await expect(lock.acquire()).rejects.toThrow('outside of a run');
    expect(() => lock.acquireNowait()).toThrow(StateError);
    await expect(lock.run(() => 1)).rejects.toThrow(StateError);
    expect(lock.locked).toBe(false);
  });
});

describe('the result of acquire', () => {
  it(
    'releases once, and by its owner only',
    testRun(async () => {
      const lock = new Lock();
      const held = await lock.acquire();
      held[Symbol.dispose]();
      const again = await lock.acquire();
      held[Symbol.dispose]();
      expect(lock.locked).toBe(true);
      again[Symbol.dispose]();
      expect(lock.locked).toBe(false);
    }),
  );

  it(
    'reports a lock that was released behind its back',
    testRun(async () => {
      const lock = new Lock();
      const held = await lock.acquire();
      lock.release();
      expect(() => held[Symbol.dispose]()).toThrow(
        'release(): the calling task does not hold the lock, which is free, 0 waiting',
      );
    }),
  );
});

it('run() takes a function, and does not acquire for anything else', () =>
  run(async () => {
    const lock = new Lock();
    await expect(lock.run(Promise.resolve() as never)).rejects.toThrow(TypeError);
    expect(lock.locked).toBe(false);
  }));

it(
  'a group says what happened to several tasks that waited for a broken lock',
  testRun(async () => {
    const lock = new Lock();
    let thrown: unknown;
    try {
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await lock.acquire();
          await waitAllTasksBlocked();
        });
        await checkpoint();
        for (let index = 0; index < 3; index++) nursery.startSoon(() => lock.acquire());
      });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ExceptionGroup);
    expect((thrown as ExceptionGroup).errors).toHaveLength(3);
  }),
);
