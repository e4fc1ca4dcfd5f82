import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { BrokenResourceError, CancelScope, checkpoint, isCancelled, openNursery, StateError } from '@tercet/core';
import { currentTask } from '@tercet/core/lowlevel';
import { Condition, Lock, Semaphore, StrictFIFOLock } from '@tercet/sync';
import { assertCheckpoints, testRun, waitAllTasksBlocked } from '@tercet/testing';

describe('Condition', () => {
  it('SYN-050: is made with a lock, and with nothing else', () => {
    for (const lock of [new Semaphore(1), StrictFIFOLock, {}, null]) {
      expect(() => new Condition(lock as unknown as Lock)).toThrow(TypeError);
    }
    expect(new Condition().locked).toBe(false);
    expect(new Condition(new Lock()).locked).toBe(false);
  });

  it(
    'SYN-051: shares the lock that it was given',
    testRun(async () => {
      const lock = new Lock();
      const condition = new Condition(lock);
      await assertCheckpoints(() => condition.acquire());
      expect([lock.locked, condition.locked]).toEqual([true, true]);
      await expect(condition.acquire()).rejects.toThrow(StateError);
      expect(() => condition.acquireNowait()).toThrow(StateError);
      expect(() => lock.acquireNowait()).toThrow(StateError);
      condition.release();
      expect(lock.locked).toBe(false);
      condition.acquireNowait();
      lock.release();
      expect(await condition.run(() => lock.locked)).toBe(true);
      {
        using _ = await condition.acquire();
        expect(lock.locked).toBe(true);
      }
      expect(lock.locked).toBe(false);
    }),
  );

  it(
    'SYN-052: wants the lock held for wait and notify',
    testRun(async () => {
      const condition = new Condition();
      await expect(condition.wait()).rejects.toThrow('wait(): the calling task does not hold the lock');
      expect(() => condition.notify()).toThrow(StateError);
      expect(() => condition.notifyAll()).toThrow(StateError);
      await openNursery(async (nursery) => {
        using _ = await condition.acquire();
        nursery.startSoon(() => expect(condition.wait()).rejects.toThrow(StateError));
        await waitAllTasksBlocked();
      });
    }),
  );

  it(
    'SYN-053: notify wakes the task that has waited longest, notifyAll the rest',
    testRun(async () => {
      const condition = new Condition();
      const woken: number[] = [];
      await openNursery(async (nursery) => {
        for (let index = 0; index < 5; index++) {
          nursery.startSoon(async () => {
            using _ = await condition.acquire();
            await condition.wait();
            woken.push(index);
          });
          await waitAllTasksBlocked();
        }
        expect(condition.statistics()).toEqual({
          tasksWaiting: 5,
          lock: { locked: false, owner: undefined, tasksWaiting: 0 },
        });
        await condition.run(() => condition.notify());
        await waitAllTasksBlocked();
        expect(woken).toEqual([0]);
        await condition.run(() => condition.notify(2));
        await waitAllTasksBlocked();
        expect(woken).toEqual([0, 1, 2]);
        await condition.run(() => {
          expect(() => condition.notify(-1)).toThrow(RangeError);
          expect(() => condition.notify(0.5)).toThrow(TypeError);
          condition.notify(0);
          condition.notifyAll();
        });
      });
      expect(woken).toEqual([0, 1, 2, 3, 4]);
    }),
  );

  it(
    'G-76: notified tasks queue for the lock behind those that are there already',
    testRun(async () => {
      const condition = new Condition();
      const order: string[] = [];
      await openNursery(async (nursery) => {
        for (const name of ['first notified', 'second notified']) {
          nursery.startSoon(async () => {
            using _ = await condition.acquire();
            await condition.wait();
            order.push(name);
            expect(condition.statistics().lock.owner).toBe(currentTask());
            await checkpoint();
          });
          await waitAllTasksBlocked();
        }
        using _ = await condition.acquire();
        nursery.startSoon(() => condition.run(() => void order.push('queued for the lock before')));
        await waitAllTasksBlocked();
        condition.notifyAll();
        expect(condition.statistics()).toMatchObject({ tasksWaiting: 0, lock: { tasksWaiting: 3 } });
        await waitAllTasksBlocked();
        expect(order).toEqual([]);
      });
      expect(order).toEqual(['queued for the lock before', 'first notified', 'second notified']);
    }),
  );

  it(
    'SYN-056: holds the lock when a wait is cancelled, once it is free',
    testRun(async () => {
      const condition = new Condition();
      const scope = new CancelScope();
      let held: boolean | undefined;
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          scope.run(async () => {
            await condition.acquire();
            try {
              await condition.wait();
            } catch (error) {
              held = isCancelled(error) && condition.statistics().lock.owner === currentTask();
              throw error;
            } finally {
              condition.release();
            }
          }),
        );
        await waitAllTasksBlocked();
        using _ = await condition.acquire();
        scope.cancel();
        await waitAllTasksBlocked();
        expect(condition.statistics()).toMatchObject({ tasksWaiting: 0, lock: { tasksWaiting: 1 } });
        expect(held).toBeUndefined();
      });
      expect([held, condition.locked]).toEqual([true, false]);
    }),
  );

  it(
    'C-12: a notification is passed on when the task that has got it is cancelled',
    testRun(async () => {
      const condition = new Condition();
      const scope = new CancelScope();
      const woken: string[] = [];
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          scope.run(async () => {
            using _ = await condition.acquire();
            await condition.wait();
            woken.push('cancelled');
          }),
        );
        await waitAllTasksBlocked();
        for (const name of ['second', 'third']) {
          nursery.startSoon(async () => {
            using _ = await condition.acquire();
            await condition.wait();
            woken.push(name);
          });
          await waitAllTasksBlocked();
        }
        {
          using _ = await condition.acquire();
          condition.notify();
          scope.cancel();
        }
        await waitAllTasksBlocked();
        expect(woken).toEqual(['second']);
        expect(condition.statistics()).toMatchObject({ tasksWaiting: 1, lock: { locked: false, tasksWaiting: 0 } });
        await condition.run(() => condition.notify());
      });
      expect(woken).toEqual(['second', 'third']);
    }),
  );

  it(
    'C-12: it is passed on as often as it takes, and in the order in which they came',
    testRun(async () => {
      const condition = new Condition();
      const scopes = [new CancelScope(), new CancelScope()];
      const woken: string[] = [];
      await openNursery(async (nursery) => {
        for (const [index, scope] of [...scopes, new CancelScope()].entries()) {
          nursery.startSoon(() =>
            scope.run(async () => {
              using _ = await condition.acquire();
              await condition.wait();
              woken.push(`${index}`);
            }),
          );
          await waitAllTasksBlocked();
        }
        {
          using _ = await condition.acquire();
          condition.notify();
          scopes[0]!.cancel();
          await waitAllTasksBlocked();
          scopes[1]!.cancel();
          await waitAllTasksBlocked();
          expect(condition.statistics()).toMatchObject({ tasksWaiting: 0, lock: { tasksWaiting: 3 } });
        }
      });
      expect(woken).toEqual(['2']);
      expect(condition.locked).toBe(false);
    }),
  );

  it(
    'C-12: a task that was cancelled without a notification passes none on',
    testRun(async () => {
      const condition = new Condition();
      const scope = new CancelScope();
      let woken = false;
      await openNursery(async (nursery) => {
        for (const each of [scope, nursery.cancelScope]) {
          nursery.startSoon(() => {
            const wait = async (): Promise<void> => {
              using _ = await condition.acquire();
              await condition.wait();
              woken = true;
            };
            return each === scope ? scope.run(wait) : wait();
          });
          await waitAllTasksBlocked();
        }
        scope.cancel();
        await waitAllTasksBlocked();
        expect([woken, condition.statistics().tasksWaiting]).toEqual([false, 1]);
        nursery.cancelScope.cancel();
      });
    }),
  );

  it(
    'C-12: it is passed on also when the lock has become free by then',
    testRun(async () => {
      const condition = new Condition();
      const scope = new CancelScope();
      let woken = false;
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          scope.run(async () => {
            await condition.acquire();
            await condition.wait();
          }),
        );
        await waitAllTasksBlocked();
        nursery.startSoon(async () => {
          using _ = await condition.acquire();
          await condition.wait();
          woken = true;
        });
        await waitAllTasksBlocked();
        await condition.acquire();
        condition.notify();
        scope.cancel();
        // In the same step: no task is in the queue of the lock at this moment.
        condition.release();
        await waitAllTasksBlocked();
        expect(woken).toBe(true);
      });
    }),
  );

  it(
    'keeps the lock when the scope is cancelled before the wait begins',
    testRun(async () => {
      const condition = new Condition();
      const scope = new CancelScope();
      using _ = await condition.acquire();
      await scope.run(async () => {
        scope.cancel();
        const wait = condition.wait();
        expect(condition.locked).toBe(true);
        await wait;
      });
      expect([scope.cancelledCaught, condition.locked]).toEqual([true, true]);
    }),
  );

  it(
    'fails all waiting tasks when the owner of the lock ends without releasing it',
    testRun(async () => {
      const condition = new Condition();
      await openNursery(async (nursery) => {
        for (let index = 0; index < 2; index++) {
          nursery.startSoon(async () => {
            using _ = await condition.acquire();
            await expect(condition.wait()).rejects.toThrow(BrokenResourceError);
          });
        }
        await waitAllTasksBlocked();
        nursery.startSoon(async () => {
          await condition.acquire();
        });
      });
      expect(condition.statistics()).toMatchObject({ tasksWaiting: 0, lock: { tasksWaiting: 0 } });
    }),
  );

  it('shows itself, and refuses to wait outside of a run', async () => {
    const condition = new Condition();
    expect(inspect(condition)).toBe('<Condition free, 0 waiting>');
    await expect(condition.wait()).rejects.toThrow(StateError);
    expect(() => condition.notify()).toThrow(StateError);
  });
});
