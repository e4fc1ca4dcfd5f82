import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { all, CancelScope, failAfter, moveOnAfter, openNursery, run, sleep } from '@tercet/core';
import { BrokenWorkerError, openWorkers } from '@tercet/parallel';
import type { CallOptions, Executor, RemoteFunction } from '@tercet/parallel';
import { errorOf, KINDS, plain, tasks, whenBegun } from '../jobs.ts';

const folder = mkdtempSync(join(tmpdir(), 'tercet-cancelling-'));
let files = 0;
const newFile = (): string => join(folder, `file-${files++}`);
afterAll(() => rmSync(folder, { recursive: true }));

async function until(workers: Executor, holds: (statistics: ReturnType<Executor['statistics']>) => boolean) {
  while (!holds(workers.statistics())) await sleep(5);
}

/** Calls a job, and cancels the call when the job has reported for the first time. */
async function cancelWhenBegun(
  workers: Executor,
  fn: RemoteFunction<any[], any>,
  args: unknown[] = [],
  options: CallOptions = {},
): Promise<{ value: unknown; caught: boolean; reports: unknown[] }> {
  const reports: unknown[] = [];
  const scope = new CancelScope();
  const onProgress = (value: unknown): void => {
    reports.push(value);
    scope.cancel();
  };
  const value = await scope.run(() => workers.with({ ...options, onProgress }).run(fn, ...args));
  return { value, caught: scope.cancelledCaught, reports };
}

describe.each(KINDS)('with workers of kind %s', (kind) => {
  it('P32: a call that has not been sent is cancelled at once, and nothing runs', () =>
    run(() =>
      openWorkers({ kind, max: 1, prefetch: 0 }, async (workers) => {
        const file = newFile();
        const before = await workers.run(plain['countUp']!);
        await openNursery(async (nursery) => {
          const { begun, onProgress } = whenBegun();
          nursery.startSoon(() => workers.with({ onProgress }).run(plain['blockUntil']!, file));
          await begun.wait();
          const scope = new CancelScope();
          nursery.startSoon(async () => {
            await until(workers, ({ queued }) => queued === 1);
            scope.cancel();
          });
          await scope.run(() => workers.run(plain['countUp']!));
          expect(scope.cancelledCaught).toBe(true);
          expect(workers.statistics()).toMatchObject({ queued: 0, running: 1 });
          writeFileSync(file, '');
        });
        expect(await workers.run(plain['countUp']!)).toBe(before + 1);
      }),
    ));

  it('P33: an async job that is asked runs its finally blocks, which may shield, before the caller goes on', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const { caught, reports } = await cancelWhenBegun(workers, tasks['waitAndClean']!);
        expect(caught).toBe(true);
        // What was reported after the cancellation is not told any more: the caller had been cancelled.
        expect(reports[0]).toBe('begun');
        expect(workers.statistics()).toMatchObject({ idle: 1, started: 1, broken: 0 });
        expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
      }),
    ));

  it('P35: a job that ignores it is killed after the grace, and the worker is replaced', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const { caught } = await cancelWhenBegun(workers, tasks['ignoreCancellation']!, [], { grace: 20 });
        expect(caught).toBe(true);
        expect(workers.statistics()).toMatchObject({ broken: 1 });
        expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
      }),
    ));

  it('P35: a job that blocks its event loop is killed after the grace', () =>
    run(() =>
      openWorkers({ kind, max: 1, grace: 20 }, async (workers) => {
        const { caught } = await cancelWhenBegun(workers, plain['spin']!);
        expect(caught).toBe(true);
        expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
      }),
    ));

  it('P37: kill does not ask', () =>
    run(() =>
      openWorkers({ kind, max: 1, grace: Infinity }, async (workers) => {
        const { caught } = await cancelWhenBegun(workers, plain['spin']!, [], { onCancel: 'kill' });
        expect(caught).toBe(true);
        expect(workers.statistics()).toMatchObject({ broken: 1, running: 0 });
        expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
      }),
    ));

  it('P38, THR-008, THR-022: wait is not cancelled at all', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const file = newFile();
        const scope = new CancelScope();
        const value = await scope.run(async () => {
          return openNursery(async (nursery) => {
            nursery.startSoon(async () => {
              await until(workers, ({ running }) => running === 1);
              scope.cancel();
              writeFileSync(file, '');
            });
            const result = await workers.with({ onCancel: 'wait' }).run(plain['blockUntil']!, file);
            expect(result).toBe('unblocked');
            return result;
          });
        });
        expect(value).toBe('unblocked');
        expect(workers.statistics().broken).toBe(0);
      }),
    ));

  it('P38: wait is not cancelled while its worker starts either', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const scope = new CancelScope();
        const value = await scope.run(async () => {
          const pending = workers.with({ onCancel: 'wait' }).run(plain['add']!, 1, 2);
          scope.cancel();
          return pending;
        });
        expect(value).toBe(3);
      }),
    ));

  it('P39: killing one call does not end those that were sent to the same worker', () =>
    run(() =>
      openWorkers({ kind, max: 1, prefetch: 16 }, async (workers) => {
        const { begun, onProgress } = whenBegun();
        const scope = new CancelScope();
        const results = await all([
          () => scope.run(() => workers.with({ onCancel: 'kill', onProgress }).run(plain['spin']!)),
          ...Array.from({ length: 5 }, (_, index) => async () => {
            await begun.wait();
            return workers.run(plain['echo']!, index);
          }),
          async () => {
            await begun.wait();
            await until(workers, ({ queued }) => queued === 5);
            scope.cancel();
            return 'killed';
          },
        ]);
        expect(results).toEqual([undefined, 0, 1, 2, 3, 4, 'killed']);
      }),
    ));

  it('P39: a call that waits behind another one is cancelled without a kill', () =>
    run(() =>
      openWorkers({ kind, max: 1, prefetch: 16 }, async (workers) => {
        const file = newFile();
        const { begun, onProgress } = whenBegun();
        const scope = new CancelScope();
        const before = await workers.run(plain['countUp']!);
        const results = await all([
          () => workers.with({ onProgress }).run(plain['blockUntil']!, file),
          async () => {
            await begun.wait();
            return scope.run(() => workers.with({ onCancel: 'kill' }).run(plain['countUp']!));
          },
          async () => {
            await begun.wait();
            await until(workers, ({ queued }) => queued === 1);
            scope.cancel();
            // What asks a process to give it back has been written then, also on a loaded machine.
            await new Promise((resolve) => setTimeout(resolve, 500));
            writeFileSync(file, '');
          },
        ]);
        expect(results).toEqual(['unblocked', undefined, undefined]);
        expect(scope.cancelledCaught).toBe(true);
        expect(await workers.run(plain['countUp']!)).toBe(before + 1);
        expect(workers.statistics().broken).toBe(0);
      }),
    ));

  it('P41: a job sees the effective deadline of its caller, and none with wait', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        expect(await workers.run(tasks['deadlineIn']!)).toBe(Infinity);
        const seen = await failAfter(100_000, () => workers.run(tasks['deadlineIn']!));
        expect(seen).toBeGreaterThan(0);
        // The clocks of two processes agree to a millisecond or so.
        expect(seen).toBeLessThanOrEqual(100_010);
        await failAfter(100_000, async () => {
          expect(await workers.with({ onCancel: 'wait' }).run(tasks['deadlineIn']!)).toBe(Infinity);
        });
      }),
    ));

  it('P41: a deadline ends the job, and the caller gets its own Cancelled', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        await workers.run(tasks['addLater']!, 1, 2);
        expect(await moveOnAfter(50, () => workers.run(tasks['waitAndClean']!))).toBeUndefined();
        expect(workers.statistics().broken).toBe(0);
      }),
    ));

  it('P42: a scope of the job itself does not come out as the Cancelled of the caller', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        expect(await workers.run(tasks['ownTimeout']!)).toBe(true);
        const error = await errorOf(workers.run(tasks['leakCancelled']!));
        expect(error.name).toBe('StateError');
        expect(error.cause.name).toBe('Cancelled');
      }),
    ));

  it('P43: cancelling while the worker starts leaves none behind', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const scope = new CancelScope();
        await scope.run(async () => {
          await openNursery((nursery) => {
            nursery.startSoon(() => workers.run(plain['add']!, 1, 2));
            nursery.startSoon(() => scope.cancel());
          });
        });
        expect(scope.cancelledCaught).toBe(true);
        await until(workers, ({ idle, running, started }) => idle + running + started === 0);
        expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
        expect(workers.statistics().started).toBe(1);
      }),
    ));

  it('a worker that dies while its job is asked to end is reported', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const file = newFile();
        const failure = await errorOf(
          (async () => {
            const scope = new CancelScope();
            const onProgress = (): void => {
              scope.cancel();
              writeFileSync(file, '');
            };
            await scope.run(() => workers.with({ onProgress }).run(plain['exitAfter']!, file));
          })(),
        );
        expect(failure).toBeInstanceOf(BrokenWorkerError);
      }),
    ));
});

it('P33: the finally blocks have run when the caller goes on', () =>
  run(() =>
    openWorkers({ max: 1 }, async (workers) => {
      const cleaned = new SharedArrayBuffer(4);
      const { caught } = await cancelWhenBegun(workers, tasks['waitAndClean']!, [cleaned]);
      expect(caught).toBe(true);
      expect(new Int32Array(cleaned)[0]).toBe(1);
    }),
  ));

it('P34: a loop that computes in a thread sees the request, and what it returns is kept', () =>
  run(() =>
    openWorkers({ max: 1, grace: Infinity }, async (workers) => {
      const { value, caught } = await cancelWhenBegun(workers, plain['spinUntilAsked']!);
      expect({ value, caught }).toEqual({ value: 'asked', caught: false });
      expect(workers.statistics()).toMatchObject({ started: 1, broken: 0 });
    }),
  ));

it('P34, THR-023: a loop that throws when it is asked ends the call with Cancelled', () =>
  run(() =>
    openWorkers({ max: 1, grace: Infinity }, async (workers) => {
      const { caught } = await cancelWhenBegun(workers, plain['spinUntilThrown']!);
      expect(caught).toBe(true);
      expect(workers.statistics()).toMatchObject({ started: 1, broken: 0 });
    }),
  ));

it('P36: a result that was under way when the cancel came is kept', () =>
  run(() =>
    openWorkers({ max: 1 }, async (workers) => {
      await workers.run(plain['nothing']!);
      const shared = new SharedArrayBuffer(4);
      const scope = new CancelScope();
      const value = await scope.run(() =>
        openNursery(async (nursery) => {
          nursery.startSoon(() => {
            // The job ends while this thread is blocked: its answer is on its way then.
            Atomics.wait(new Int32Array(shared), 0, 0, 2000);
            scope.cancel();
          });
          return workers.run(plain['append']!, shared);
        }),
      );
      expect(new Int32Array(shared)[0]).toBe(value === undefined ? 0 : 1);
    }),
  ));

it('P40: while a thread is in native code its caller waits', () =>
  run(() =>
    openWorkers({ max: 1, grace: 20 }, async (workers) => {
      const { caught } = await cancelWhenBegun(workers, plain['sleepInNativeCode']!, [2]);
      expect(caught).toBe(true);
      expect(workers.statistics()).toMatchObject({ running: 0, broken: 1 });
    }),
  ));
