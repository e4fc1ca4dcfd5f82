import { describe, expect, it } from '@jest/globals';
import { CancelScope, ClosedResourceError, ExceptionGroup, openNursery, run, sleep, StateError } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { formatTaskTree, taskTree } from '@tercet/core/lowlevel';
import {
  BrokenWorkerError,
  currentDefaultWorkerLimiter,
  openWorkers,
  runInWorker,
  withWorkers,
} from '@tercet/parallel';
import type { Executor } from '@tercet/parallel';
import { CapacityLimiter, Event } from '@tercet/sync';
import { errorOf, KINDS, make, newFile, plain, tasks, until, whenBegun } from '../jobs.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.each(KINDS)('with workers of kind %s', (kind) => {
  it('P54: leaving waits for running jobs, also under cancellation; no worker is alive after it', () =>
    run(async () => {
      const file = newFile();
      let executor: Executor | undefined;
      let result: unknown;
      await openNursery(async (nursery) => {
        const left = new Event();
        const opened = new Event();
        const scope = new CancelScope();
        nursery.startSoon(async () => {
          await scope.run(() =>
            openWorkers({ kind, max: 1 }, async (workers) => {
              executor = workers;
              opened.set();
              await left.wait();
            }),
          );
        });
        await opened.wait();
        const { begun, onProgress } = whenBegun();
        nursery.startSoon(async () => {
          result = await executor!.with({ onProgress }).run(plain['blockUntil']!, file);
        });
        await begun.wait();
        scope.cancel();
        await sleep(1);
        expect(executor!.statistics().running).toBe(1);
        make(file);
      });
      expect(result).toBe('unblocked');
      expect(executor!.statistics()).toMatchObject({ idle: 0, running: 0, started: 1, retired: 1 });
    }));

  it('P54: leaving waits for a call whose worker is starting', () =>
    run(async () => {
      let result: Promise<unknown> | undefined;
      let executor: Executor | undefined;
      const error = await errorOf(
        openWorkers({ kind, max: 1 }, (workers) => {
          executor = workers;
          result = workers.run(plain['add']!, 1, 2);
          return Promise.all([result, Promise.reject(new RangeError('boom'))]);
        }),
      );
      expect(error).toEqual(new RangeError('boom'));
      expect(await result).toBe(3);
      expect(executor!.statistics()).toMatchObject({ idle: 0, running: 0, started: 1, retired: 1 });
    }));

  it('P55: workers that do not leave within the grace are killed, and counted in one BrokenWorkerError', async () => {
    let statistics: ReturnType<Executor['statistics']> | undefined;
    const error = await errorOf(
      run(() =>
        openWorkers({ kind, max: 2, min: 2, grace: 50 }, async (workers) => {
          const refuse = (): Promise<unknown> => workers.run(plain['refuseToExit']!);
          await until(workers, ({ idle }) => idle === 2);
          const file = newFile();
          await openNursery(async (nursery) => {
            // One on each worker.
            nursery.startSoon(async () => {
              await refuse();
              await workers.run(plain['blockUntil']!, file);
            });
            await until(workers, ({ running }) => running === 1);
            await refuse();
            make(file);
          });
          statistics = workers.statistics();
        }),
      ),
    );
    expect(error).toBeInstanceOf(BrokenWorkerError);
    expect(error.reason).toBe('grace');
    expect(error.message).toMatch(/did not leave within the grace/);
    expect(statistics).toMatchObject({ started: 2 });
  });

  it('P56: a closed executor gives ClosedResourceError', () =>
    run(async () => {
      const executor = await openWorkers({ kind, max: 1 }, (workers) => workers);
      for (const call of [
        () => executor.run(plain['add']!, 1, 2),
        () => executor.with({ priority: 1 }).run(plain['add']!, 1, 2),
        () => executor.stream(plain['numbers']!, [1], () => 1),
        () => executor.map(plain['echo']!, [1]),
      ]) {
        expect(await errorOf(call())).toBeInstanceOf(ClosedResourceError);
      }
    }));

  it('P57: withWorkers holds for the subtree by nursery, nests, and leaves explicit executors alone', () =>
    run(() =>
      openNursery(async (outside) => {
        await openWorkers({ kind, max: 1, name: 'explicit' }, async (explicit) => {
          await withWorkers({ kind, max: 1, name: 'outer' }, async () => {
            const name = async (): Promise<string> => (await runInWorker(plain['where']!)).name;
            expect(await name()).toBe(`outer worker ${kind} 1`);
            await withWorkers({ kind, max: 1, name: 'inner' }, async () => {
              expect(await name()).toBe(`inner worker ${kind} 1`);
              expect((await explicit.run(plain['where']!)).name).toBe(`explicit worker ${kind} 1`);
            });
            expect(await name()).toBe(`outer worker ${kind} 1`);
            await openNursery((inside: Nursery) => {
              inside.startSoon(async () => expect(await name()).toBe(`outer worker ${kind} 1`));
            });
            // Started here, but it lives outside.
            const elsewhere = outside.startSoon(name);
            expect(await elsewhere.result()).toBe('worker thread 1');
          });
        });
      }),
    ));

  it('P60: a job that leaves a task behind fails, and nothing reaches the next job', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        for (const job of ['forgetTask', 'forgetSleep']) {
          const error = await errorOf(workers.run(tasks[job]!));
          expect(error.name).toBe('UnawaitedError');
          expect(error.operations).toBeDefined();
        }
        expect(await workers.run(tasks['addLater']!, 1, 2)).toBe(3);
        expect(workers.statistics()).toMatchObject({ started: 1, broken: 0 });
      }),
    ));

  it('P63: runInWorker inside a worker is a StateError that names openWorkers', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const error = await errorOf(workers.run(tasks['nestedDefault']!));
        expect(error).toBeInstanceOf(StateError);
        expect(error.message).toMatch(/openWorkers/);
        expect(await workers.run(tasks['nestedOpen']!)).toBe(3);
      }),
    ));

  it('P65: the task tree shows the worker, the job and since when', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const file = newFile();
        await openNursery(async (nursery) => {
          const { begun, onProgress } = whenBegun();
          nursery.startSoon(() => workers.with({ onProgress }).run(plain['blockUntil']!, file));
          const waiting = nursery.startSoon(() => workers.with({ priority: 1 }).run(plain['add']!, 1, 2));
          await begun.wait();
          const tree = formatTaskTree(taskTree());
          expect(tree).toMatch(new RegExp(`worker ${kind} 1: blockUntil \\(started \\d+\\.\\d s ago\\)`));
          expect(JSON.stringify(taskTree())).toMatch(/"what":"worker/);
          make(file);
          void waiting;
        });
      }),
    ));

  it('leaves no process behind', () =>
    run(async () => {
      const pids = await openWorkers({ kind, max: 2 }, (workers) => workers.map(plain['pid']!, [0, 0, 0, 0]));
      expect(pids.filter((pid: number) => pid !== process.pid && isAlive(pid))).toEqual([]);
      expect(new Set(pids).has(process.pid)).toBe(kind === 'thread');
    }));
});

it('P54: what the body throws comes out, and with it what went wrong with workers', async () => {
  const error = await errorOf(
    run(() =>
      openWorkers({ max: 1, retire: plain['failToRetire'] as never }, async (workers) => {
        await workers.run(plain['add']!, 1, 2);
        await until(workers, ({ broken }) => broken === 1);
        throw new RangeError('the body');
      }),
    ),
  );
  expect(error).toBeInstanceOf(ExceptionGroup);
  expect(error.leaves()[0]).toEqual(new RangeError('the body'));
  expect(error.leaves()[1]).toBeInstanceOf(BrokenWorkerError);
});

it('P54: openWorkers outside of a run is a StateError, and starts nothing', async () => {
  expect(await errorOf(openWorkers({ min: 1 }, () => 1))).toBeInstanceOf(StateError);
  expect(await errorOf(withWorkers({ min: 1 }, () => 1))).toBeInstanceOf(StateError);
  expect(await errorOf(runInWorker(plain['add']!, 1, 2))).toBeInstanceOf(StateError);
});

it('P58: the calls of a run with the default workers are limited by its limiter', () =>
  run(async () => {
    const limiter = currentDefaultWorkerLimiter();
    expect(limiter).toBe(currentDefaultWorkerLimiter());
    limiter.totalTokens = 1;
    const file = newFile();
    await openNursery(async (nursery) => {
      for (let call = 0; call < 3; call++) nursery.startSoon(() => runInWorker(plain['blockUntil']!, file));
      while (limiter.statistics().tasksWaiting < 2) await sleep(1);
      expect(limiter.borrowedTokens).toBe(1);
      make(file);
    });
    expect(limiter.borrowedTokens).toBe(0);
  }));

it('P16, THR-011: a limiter is held by each call, and given back in whichever way it ends', () =>
  run(() =>
    openWorkers({ max: 2 }, async (workers) => {
      const limiter = new CapacityLimiter(1);
      const limited = workers.with({ limiter });
      expect(await limited.run(plain['add']!, 1, 2)).toBe(3);
      await errorOf(limited.run(plain['fail']!, 'no'));
      await errorOf(limited.run(plain['exit']!, 1));
      const scope = new CancelScope();
      scope.cancel();
      await scope.run(() => limited.run(plain['add']!, 1, 2));
      expect(await limited.stream(plain['numbers']!, [2], (items) => items.receive())).toBe(0);
      expect(limiter.borrowedTokens).toBe(0);
    }),
  ));

it('THR-013: a limiter that fails when it is given back fails the call, with the error of the job as its cause', () =>
  run(() =>
    openWorkers({ max: 1 }, async (workers) => {
      const limiter = new CapacityLimiter(1);
      const broken = Object.create(limiter, {
        acquireOnBehalfOf: { value: (borrower: unknown) => limiter.acquireOnBehalfOf(borrower) },
        releaseOnBehalfOf: {
          value: (borrower: unknown) => {
            limiter.releaseOnBehalfOf(borrower);
            throw new RangeError('no way back');
          },
        },
      }) as CapacityLimiter;
      const limited = workers.with({ limiter: broken });
      expect(await errorOf(limited.run(plain['add']!, 1, 2))).toEqual(new RangeError('no way back'));
      const error = await errorOf(limited.run(plain['fail']!, 'the job'));
      expect(error.message).toBe('no way back');
      expect(error.cause.message).toBe('the job');
      expect(limiter.borrowedTokens).toBe(0);
    }),
  ));

it('calls of a higher priority are sent first', () =>
  run(() =>
    openWorkers({ max: 1, prefetch: 0 }, async (workers) => {
      const file = newFile();
      const order: number[] = [];
      await openNursery(async (nursery) => {
        nursery.startSoon(() => workers.run(plain['blockUntil']!, file));
        await until(workers, ({ running }) => running === 1);
        for (const priority of [0, 2, 1, 2, 0]) {
          nursery.startSoon(async () => {
            order.push(await workers.with({ priority }).run(plain['echo']!, priority));
          });
        }
        await until(workers, ({ queued }) => queued === 5);
        make(file);
      });
      expect(order).toEqual([2, 2, 1, 0, 0]);
    }),
  ));
