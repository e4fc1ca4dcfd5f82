import { expect, it, jest } from '@jest/globals';
import { CancelScope, Cancelled, checkpoint, moveOnAfter, openNursery, sleep, sleepForever } from '@tercet/core';
import {
  cancelShieldedCheckpoint,
  checkpointIfCancelled,
  currentTask,
  offTaskExit,
  onTaskExit,
  suspend,
  waitAllTasksBlocked,
} from '@tercet/core/lowlevel';
import type { Task } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { AsyncLocalStorage } from 'node:async_hooks';
import { inspect } from 'node:util';
import { runVirtually } from '../run-virtually.ts';

it(
  'RUN-170: a checkpoint counts as both points; its halves count as one each, and together as both',
  testRun(async () => {
    const points = async (fn: () => Promise<unknown>): Promise<number[]> => {
      const { cancelPoints, schedulePoints } = currentTask();
      await fn();
      return [currentTask().cancelPoints - cancelPoints, currentTask().schedulePoints - schedulePoints];
    };
    expect(await points(checkpoint)).toEqual([1, 1]);
    expect(await points(() => sleep(0))).toEqual([1, 1]);
    expect(await points(() => sleep(5))).toEqual([1, 1]);
    expect(await points(checkpointIfCancelled)).toEqual([1, 0]);
    expect(await points(cancelShieldedCheckpoint)).toEqual([0, 1]);
    expect(await points(() => checkpointIfCancelled().then(cancelShieldedCheckpoint))).toEqual([1, 1]);
    expect(await points(() => Promise.resolve())).toEqual([0, 0]);
  }),
);

it(
  'shows its name, its state, and what it waits for',
  testRun(async () => {
    let task: Task | undefined;
    await openNursery(async (nursery) => {
      nursery.startSoon(async function reader() {
        task = currentTask();
        expect(task.waitingFor).toBeUndefined();
        await suspend('line of input', () => () => 'succeeded');
      });
      await waitAllTasksBlocked();
      expect([task!.name, task!.state, task!.waitingFor]).toEqual(['reader', 'running', 'line of input']);
      expect(inspect(task)).toBe(`<Task reader#${task!.id}: waiting for line of input>`);
      nursery.cancelScope.cancel();
    });
    expect([task!.state, task!.waitingFor]).toEqual(['cancelled', undefined]);
  }),
);

it(
  'has an id that counts up',
  testRun(async () => {
    const ids: number[] = [];
    await openNursery((nursery) => {
      for (let i = 0; i < 3; i++) nursery.startSoon(() => ids.push(currentTask().id));
    });
    expect(ids).toEqual([ids[0]!, ids[0]! + 1, ids[0]! + 2]);
    expect(ids[0]).toBeGreaterThan(currentTask().id);
  }),
);

it(
  'calls its exit hooks when it has ended, before its nursery closes',
  testRun(async () => {
    const ended: string[] = [];
    const hook = (task: Task): unknown => ended.push(`${task.name} ${task.state}`);
    await openNursery((nursery) => {
      nursery.startSoon(function one() {
        onTaskExit(currentTask(), hook);
      });
      nursery.startSoon(function two() {
        onTaskExit(currentTask(), hook);
        offTaskExit(currentTask(), hook);
      });
    });
    expect(ended).toEqual(['one done']);
  }),
);

it('keeps the async context of other libraries through spawn, suspend and wake', async () => {
  const storage = new AsyncLocalStorage<string>();
  await runVirtually(() =>
    openNursery(async (nursery) => {
      const wakers: (() => void)[] = [];
      for (const name of ['a', 'b', 'c']) {
        storage.run(name, () => {
          nursery.startSoon(async () => {
            expect(storage.getStore()).toBe(name);
            await suspend<void>('a call', (waker) => {
              wakers.push(() => waker.wake());
              return () => 'succeeded';
            });
            expect(storage.getStore()).toBe(name);
            await sleep(10);
            expect(storage.getStore()).toBe(name);
            await checkpoint();
            await moveOnAfter(5, () => storage.run('inner', () => sleep(10)));
            expect(storage.getStore()).toBe(name);
            await openNursery((inner) => {
              expect(storage.getStore()).toBe(name);
              inner.startSoon(() => expect(storage.getStore()).toBe(name));
            });
            expect(storage.getStore()).toBe(name);
          });
        });
      }
      await waitAllTasksBlocked();
      storage.run('waker', () => wakers.reverse().forEach((wake) => wake()));
      expect(storage.getStore()).toBeUndefined();
    }),
  );
});

it('keeps it also after a turn of the event loop that fairness has put in between', async () => {
  const storage = new AsyncLocalStorage<number>();
  await runVirtually(() =>
    openNursery((nursery) => {
      for (let n = 0; n < 4; n++) {
        storage.run(n, () => {
          nursery.startSoon(async () => {
            const until = performance.now() + 15;
            while (performance.now() < until) {
              await checkpoint();
              await cancelShieldedCheckpoint();
              if (storage.getStore() !== n) throw new Error(`${storage.getStore()} instead of ${n}`);
            }
          });
        });
      }
    }),
  );
  expect(storage.getStore()).toBeUndefined();
});

/** The warnings of the process while `main` runs. */
async function warningsOf(main: () => Promise<unknown>): Promise<unknown[][]> {
  const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  await runVirtually(main);
  return emit.mock.calls;
}

it('warns once of a task that swallows Cancelled and comes back, and names it and the reason', async () => {
  const warnings = await warningsOf(() =>
    openNursery((nursery) => {
      nursery.cancelScope.cancel('too late');
      nursery.startSoon(async function stubborn() {
        for (let i = 0; i < 3000; i++) await checkpoint().catch(() => undefined);
      });
    }),
  );
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toEqual([expect.stringMatching(/stubborn.*too late/), 'TercetSwallowedCancellation']);
});

it('warns also of one that swallows it in blocking calls', async () => {
  const warnings = await warningsOf(() =>
    new CancelScope().run(async (scope) => {
      scope.cancel();
      for (let i = 0; i < 1100; i++) await sleep(1).catch(() => undefined);
    }),
  );
  expect(warnings).toHaveLength(1);
});

it('does not warn of a thousand operations that one cancel ends, nor of a thousand timeouts', async () => {
  const warnings = await warningsOf(async () => {
    await moveOnAfter(10, () => Promise.all(Array.from({ length: 1500 }, () => sleepForever())));
    for (let i = 0; i < 1500; i++) await moveOnAfter(1, () => sleepForever());
    await new CancelScope().run(async (scope) => {
      scope.cancel();
      for (let i = 0; i < 900; i++) await checkpoint().catch(() => undefined);
    });
  });
  expect(warnings).toEqual([]);
});

it(
  'CAN-007: G-33: siblings and body learn which task has failed, and how, also those that begin later',
  testRun(async () => {
    const seen: unknown[] = [];
    const look = async (): Promise<void> => {
      try {
        await sleepForever();
      } catch (error) {
        const { source, reason, sourceTask } = error as Cancelled;
        seen.push({ source, reason, sourceTask });
        throw error;
      }
    };
    await openNursery(async (nursery) => {
      nursery.startSoon(look);
      nursery.startSoon(async function culprit() {
        await checkpoint();
        throw new TypeError('boom');
      });
      await look().catch(() => undefined);
      nursery.startSoon(look);
    }).catch(() => undefined);
    const expected = {
      source: 'nursery',
      reason: 'child task raised exception TypeError: boom',
      sourceTask: expect.stringMatching(/^culprit/),
    };
    expect(seen).toEqual([expected, expected, expected]);
  }),
);

it(
  'CAN-011: G-33: the Cancelled of the children names the body',
  testRun(async () => {
    let seen: unknown;
    const body = currentTask();
    await openNursery(async (nursery) => {
      nursery.startSoon(() =>
        sleepForever().catch((error: unknown) => {
          seen = error;
          throw error;
        }),
      );
      await checkpoint();
      throw new RangeError('body');
    }).catch(() => undefined);
    expect(seen).toMatchObject({ source: 'nursery', sourceTask: body.name });
    expect((seen as Cancelled).reason).toMatch(/body.*RangeError: body/);
  }),
);

it(
  'CAN-005: Cancelled says which task cancelled, and why',
  testRun(async () => {
    await openNursery(async (nursery) => {
      const scope = new CancelScope();
      nursery.startSoon(() =>
        scope.run(async () => {
          const error = (await sleepForever().catch((e: unknown) => e)) as Cancelled;
          expect(error).toMatchObject({ source: 'explicit', reason: 'hello', sourceTask: 'canceller' });
        }),
      );
      nursery.startSoon(async function canceller() {
        await checkpoint();
        scope.cancel('hello');
      });
    });
  }),
);

it(
  'CAN-006: a deadline that has passed, or was set to -Infinity, is reported as such',
  testRun(async () => {
    for (const scope of [new CancelScope({ deadline: -1 }), new CancelScope()]) {
      await scope.run(async () => {
        scope.deadline = -Infinity;
        const error = (await checkpoint().catch((e: unknown) => e)) as Cancelled;
        expect(error.source).toBe('deadline');
        expect([error.reason, error.sourceTask]).toEqual([undefined, undefined]);
      });
    }
  }),
);
