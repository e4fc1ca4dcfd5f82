import { describe, expect, it } from '@jest/globals';
import {
  CancelScope,
  Cancelled,
  checkpoint,
  currentTime,
  ExceptionGroup,
  InternalError,
  openNursery,
  run,
  shielded,
  sleep,
  sleepForever,
  StateError,
} from '@tercet/core';
import {
  currentClock,
  currentRootTask,
  currentRunToken,
  currentStatistics,
  currentTask,
  inRun,
  inTask,
  spawnSystemTask,
  suspend,
  taskTree,
  waitAllTasksBlocked,
} from '@tercet/core/lowlevel';
import { MockClock, testRun } from '@tercet/testing';
import { AsyncLocalStorage } from 'node:async_hooks';
import { runVirtually, thrownBy } from '../run-virtually.ts';

describe('time', () => {
  it('RUN-015: goes on', async () => {
    await run(async () => {
      const first = currentTime();
      while (performance.now() % 1 >= 0 && currentTime() === first);
      expect(currentTime()).toBeGreaterThan(first);
      await checkpoint();
    });
  });

  it(
    'RUN-016: is the time of the clock that was given, also after a jump',
    testRun((clock) => {
      expect(currentTime()).toBe(clock.now());
      clock.jump(3500);
      expect(currentTime()).toBe(clock.now());
      expect(currentTime()).toBe(3500);
    }),
  );

  it(
    'RUN-017: belongs to a clock that can be asked for',
    testRun((clock) => expect(currentClock()).toBe(clock)),
  );
});

describe('the task tree', () => {
  it(
    'RUN-018: leads from a task to the task that opened its nursery',
    testRun(async () => {
      const parent = currentTask();
      await openNursery((nursery) => {
        nursery.startSoon(() => {
          expect(currentTask()).not.toBe(parent);
          expect(currentTask().parentNursery).toBe(nursery);
          expect(currentTask().parentNursery!.parentTask).toBe(parent);
        });
      });
    }),
  );

  it(
    'RUN-019: has a root without parents',
    testRun(() => {
      const root = currentRootTask();
      expect(root.parentNursery).toBeUndefined();
      expect(root.eventualParentNursery).toBeUndefined();
      let task = currentTask();
      while (task.parentNursery !== undefined) task = task.parentNursery.parentTask;
      expect(task).toBe(root);
    }),
  );

  it.each([
    ['currentTask', currentTask],
    ['currentRootTask', currentRootTask],
    ['currentTime', currentTime],
    ['currentClock', currentClock],
    ['currentRunToken', currentRunToken],
    ['currentStatistics', currentStatistics],
    ['taskTree', taskTree],
    ['spawnSystemTask', (): unknown => spawnSystemTask(sleepForever)],
  ])('RUN-020: %s outside of a run is a StateError that says so', (name, fn) => {
    expect(fn).toThrow(StateError);
    expect(fn).toThrow(new RegExp(`${name}\\(\\) was called outside of a run`));
  });

  it.each([
    ['sleep', (): Promise<unknown> => sleep(1)],
    ['checkpoint', checkpoint],
    ['sleepForever', sleepForever],
    ['openNursery', (): Promise<unknown> => openNursery(() => undefined)],
    ['waitAllTasksBlocked', (): Promise<unknown> => waitAllTasksBlocked()],
    ['suspend', (): Promise<unknown> => suspend('suspend()', () => () => 'succeeded')],
  ])('RUN-020: %s outside of a run rejects with a StateError', async (name, fn) => {
    const promise = fn();
    await expect(promise).rejects.toThrow(StateError);
    await expect(promise).rejects.toThrow(`${name}() was called outside of a run`);
  });
});

describe('where the caller is', () => {
  it('RUN-228: inRun and inTask are false outside, true in a task, in what it calls, and in abort functions', async () => {
    const seen: [string, boolean, boolean][] = [];
    const look = (where: string): void => void seen.push([where, inRun(), inTask()]);
    look('before');
    await runVirtually(async () => {
      look('task');
      [1].forEach(() => look('inner function'));
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          suspend('suspend()', () => () => {
            look('abort function');
            return 'succeeded';
          }),
        );
        await waitAllTasksBlocked();
        nursery.cancelScope.cancel();
      });
      await new Promise<void>((resolve) => {
        setImmediate(() => {
          look('callback made in a task');
          resolve();
        });
      });
    });
    look('after');
    expect(seen).toEqual([
      ['before', false, false],
      ['task', true, true],
      ['inner function', true, true],
      ['abort function', true, true],
      ['callback made in a task', true, true],
      ['after', false, false],
    ]);
  });

  it('RUN-228: inTask is false in a callback that outlives its task, inRun in one that outlives its run', async () => {
    let inEndedTask: boolean[] | undefined;
    const inEndedRun = await new Promise<boolean[]>((resolve) => {
      void runVirtually(async () => {
        await openNursery((nursery) => {
          nursery.startSoon(() => {
            setImmediate(() => (inEndedTask = [inRun(), inTask()]));
            // Real time: a foreign timer is what is tested.
            setTimeout(() => resolve([inRun(), inTask()]), 20);
          });
        });
        await new Promise((turned) => {
          setImmediate(() => setImmediate(turned));
        });
      });
    });
    expect(inEndedTask).toEqual([true, false]);
    expect(inEndedRun).toEqual([false, false]);
  });
});

describe('system tasks', () => {
  it('RUN-110: run with their arguments, as children of the root', async () => {
    const seen: unknown[] = [];
    await runVirtually(async () => {
      const root = currentRootTask();
      const task = spawnSystemTask(
        (a: number, b: string) => {
          seen.push(a, b, currentTask() === task, currentTask().parentNursery!.parentTask === root);
        },
        7,
        'x',
      );
      expect(seen).toEqual([]);
      await waitAllTasksBlocked();
    });
    expect(seen).toEqual([7, 'x', true, true]);
  });

  it('G-92: end with main, cancelled, and their Cancelled is no failure', async () => {
    const ends: unknown[] = [];
    const value = await runVirtually(async () => {
      spawnSystemTask(async () => {
        await sleepForever().catch((error: unknown) => {
          ends.push(error);
          throw error;
        });
      });
      await checkpoint();
      await checkpoint();
      return 'main';
    });
    expect(value).toBe('main');
    expect(ends).toEqual([expect.any(Cancelled)]);
  });

  it('RUN-111: fail the run with an InternalError, and main is cancelled', async () => {
    let main: unknown;
    const error = await thrownBy(() =>
      runVirtually(async () => {
        spawnSystemTask(async () => {
          await checkpoint();
          throw new TypeError('lost');
        });
        main = await thrownBy(() => sleepForever());
        throw main;
      }),
    );
    expect(main).toBeInstanceOf(Cancelled);
    expect(error).toBeInstanceOf(InternalError);
    const { cause } = error as Error;
    expect(cause).toBeInstanceOf(ExceptionGroup);
    const [inner] = (cause as ExceptionGroup).errors as [ExceptionGroup];
    expect(inner).toBeInstanceOf(ExceptionGroup);
    expect(inner.errors).toEqual([new TypeError('lost')]);
  });

  it('RUN-113: fail the run when they turn the end into an error, and the Cancelled beside it is left out', async () => {
    const error = await thrownBy(() =>
      runVirtually(async () => {
        spawnSystemTask(() =>
          openNursery((nursery) => {
            nursery.startSoon(sleepForever);
            nursery.startSoon(async () => {
              await thrownBy(() => sleepForever());
              throw new RangeError('instead');
            });
          }),
        );
        await checkpoint();
        await checkpoint();
      }),
    );
    expect(error).toBeInstanceOf(InternalError);
    expect(((error as Error).cause as ExceptionGroup).leaves()).toEqual([new RangeError('instead')]);
  });

  it('G-92: cannot be started when the run is ending, nor with anything but a function', async () => {
    let late: unknown;
    await runVirtually(async () => {
      expect(() => spawnSystemTask(Promise.resolve() as never)).toThrow(TypeError);
      spawnSystemTask(async () => {
        try {
          await sleepForever();
        } finally {
          await shielded(() => sleep(1));
          const inShutdown = spawnSystemTask(() => (late = 'still run'));
          expect(inShutdown.name).toBe('<anonymous>');
        }
      });
      await checkpoint();
    });
    expect(late).toBe('still run');
  });

  it('C-0: which start their successors when they are cancelled cannot keep the run from ending', async () => {
    let started = 0;
    const error = await thrownBy(() =>
      runVirtually(async () => {
        const successor = async (): Promise<void> => {
          started++;
          try {
            await sleepForever();
          } finally {
            spawnSystemTask(successor);
          }
        };
        spawnSystemTask(successor);
        await checkpoint();
      }),
    );
    expect(started).toBe(2);
    expect(error).toBeInstanceOf(InternalError);
    expect(((error as Error).cause as ExceptionGroup).leaves()).toEqual([expect.any(StateError)]);
  });

  it('C-0: which start their successors by runSoon() cannot keep the run from ending either', async () => {
    const refusals: unknown[] = [];
    await runVirtually(async () => {
      const token = currentRunToken();
      const start = (): void => {
        try {
          spawnSystemTask(successor);
        } catch (refusal) {
          refusals.push(refusal);
        }
      };
      const successor = async (): Promise<void> => {
        try {
          await sleepForever();
        } finally {
          token.runSoon(start);
        }
      };
      start();
      await checkpoint();
    });
    expect(refusals).toEqual([expect.any(StateError)]);
  });

  it('G-92: do not see what else the caller keeps in its async context, only what run() was called with', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    await storage.run('around the run', () =>
      runVirtually(() =>
        storage.run('caller', async () => {
          spawnSystemTask(() => seen.push(storage.getStore()));
          await checkpoint();
        }),
      ),
    );
    expect(seen).toEqual(['around the run']);
  });
});

describe('waitAllTasksBlocked', () => {
  it(
    'G-161: returns when every other task waits, and not while one goes on',
    testRun(async () => {
      const order: string[] = [];
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          for (let i = 0; i < 50; i++) await checkpoint();
          order.push('busy');
          await sleepForever();
        });
        await waitAllTasksBlocked();
        order.push('blocked');
        nursery.cancelScope.cancel();
      });
      expect(order).toEqual(['busy', 'blocked']);
    }),
  );

  it(
    'G-161: does not take a task that awaits a foreign promise for one that waits',
    testRun(async () => {
      const order: string[] = [];
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          // Real time: a foreign timer is what is tested.
          for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 2));
          order.push('foreign');
          await sleepForever();
        });
        await waitAllTasksBlocked();
        order.push('blocked');
        nursery.cancelScope.cancel();
      });
      expect(order).toEqual(['foreign', 'blocked']);
    }),
  );

  it(
    'G-161: wakes those with the smallest cushion first, all of them together, and the others start over',
    testRun(async () => {
      const order: string[] = [];
      await openNursery((nursery) => {
        for (const cushion of [30, 1, 10, 1]) {
          nursery.startSoon(async () => {
            await waitAllTasksBlocked(cushion);
            order.push(`cushion ${cushion}`);
          });
        }
      });
      expect(order).toEqual(['cushion 1', 'cushion 1', 'cushion 10', 'cushion 30']);
    }),
  );

  it(
    'G-161: can be cancelled',
    testRun(async () => {
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          expect(await thrownBy(() => waitAllTasksBlocked(1_000_000))).toBeInstanceOf(Cancelled);
        });
        await waitAllTasksBlocked();
        nursery.cancelScope.cancel();
        expect(await thrownBy(() => waitAllTasksBlocked())).toBeInstanceOf(Cancelled);
      });
    }),
  );

  it.each([-1, NaN])('refuses a cushion of %d', (cushion) =>
    testRun(() => expect(waitAllTasksBlocked(cushion)).rejects.toThrow(RangeError))(),
  );

  it('GST-005: is not ended by a callback from outside that wakes nobody', async () => {
    let calls = 0;
    await run(async () => {
      const token = currentRunToken();
      const timer = setInterval(() => token.runSoon(() => void calls++), 1);
      await waitAllTasksBlocked(30);
      clearInterval(timer);
    });
    expect(calls).toBeGreaterThan(0);
  });

  it('GST-004: lets the host move a deadline of a run that sleeps', async () => {
    const scope = new CancelScope({ deadline: 1e9 });
    const irrelevant = new CancelScope();
    const done = runVirtually(() => scope.run(sleepForever), { clock: new MockClock() });
    setImmediate(() => {
      irrelevant.deadline = 5;
      scope.deadline = 1e8;
      setImmediate(() => (scope.deadline = -Infinity));
    });
    await done;
    expect(scope.cancelledCaught).toBe(true);
  });

  it('GST-009: lets the host change how long idleness must last, at once', async () => {
    const clock = new MockClock({ autojumpThreshold: 1e9 });
    const done = run(() => sleep(5000), { clock });
    // Real time: a foreign timer is what is tested.
    setTimeout(() => (clock.autojumpThreshold = 0), 5);
    await done;
    expect(clock.now()).toBe(5000);
  });

  it('GST-008: comes out of a clock that breaks, as an error of the run', async () => {
    const broken = new RangeError('the clock has stopped');
    class BrokenClock extends MockClock {
      override setAlarm(): void {
        throw broken;
      }
    }
    const error = await thrownBy(() => run(() => sleep(5), { clock: new BrokenClock() }));
    expect(error).toBe(broken);
  });
});
