import { describe, expect, it } from '@jest/globals';
import { all, run } from '@tercet/core';
import { BrokenWorkerError, openWorkers } from '@tercet/parallel';
import { errorOf, KINDS, make, newFile, plain, tasks, until, whenBegun } from '../jobs.ts';

describe.each(KINDS)('with workers of kind %s', (kind) => {
  it('P25: a worker that died while it was idle is replaced without an error', () =>
    run(() =>
      openWorkers({ kind, max: 1, stdio: 'ignore' }, async (workers) => {
        await workers.run(plain['crashLater']!);
        await until(workers, ({ broken }) => broken === 1);
        expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
      }),
    ));

  it('P26: a worker that dies in a job is a BrokenWorkerError with its exit code; other calls go on', () =>
    run(() =>
      openWorkers({ kind, max: 2 }, async (workers) => {
        const file = newFile();
        const [error, other] = await all([
          async () => {
            const failure = await errorOf(workers.run(plain['exit']!, 7));
            make(file);
            return failure;
          },
          () => workers.run(plain['blockUntil']!, file),
        ]);
        expect(error).toBeInstanceOf(BrokenWorkerError);
        expect(error).toMatchObject({ exitCode: 7, signal: null, started: true, reason: 'exit' });
        expect(error.message).toMatch(/worker (thread|process) \d exited with code 7/);
        expect(other).toBe('unblocked');
      }),
    ));

  it('P27: jobs that were sent ahead to a worker that dies are run elsewhere, exactly once', () =>
    run(() =>
      openWorkers({ kind, max: 1, prefetch: 16 }, async (workers) => {
        const file = newFile();
        const { begun, onProgress } = whenBegun();
        const died = await all([
          () => errorOf(workers.with({ onProgress }).run(plain['exitAfter']!, file)),
          ...Array.from({ length: 10 }, (_, index) => async () => {
            await begun.wait();
            return workers.run(plain['echo']!, index);
          }),
          async () => {
            await begun.wait();
            await until(workers, ({ queued }) => queued === 10);
            make(file);
            return undefined;
          },
        ]);
        expect(died[0]).toMatchObject({ exitCode: 3, started: true });
        expect(died.slice(1, 11)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        expect(workers.statistics()).toMatchObject({ started: 2, broken: 1 });
      }),
    ));

  it('P26: the answers of jobs before one that ends its worker are not lost', () =>
    run(() =>
      openWorkers({ kind, max: 1, prefetch: 16 }, async (workers) => {
        await workers.run(plain['nothing']!);
        const settled = await Promise.allSettled([
          ...Array.from({ length: 5 }, (_, index) => workers.run(plain['echo']!, index)),
          workers.run(plain['exit']!, 3),
          workers.run(plain['echo']!, 'after'),
        ]);
        expect(settled.map(({ status }) => status)).toEqual([
          ...new Array(5).fill('fulfilled'),
          'rejected',
          'fulfilled',
        ]);
      }),
    ));

  it(
    'P28: a worker that runs out of memory has the reason memory',
    () =>
      run(() =>
        openWorkers(
          { kind, max: 1, stdio: 'ignore', resourceLimits: { maxOldGenerationSizeMb: 32 } },
          async (workers) => {
            expect(await errorOf(workers.run(plain['eatMemory']!))).toMatchObject({ reason: 'memory', started: true });
            expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
          },
        ),
      ),
    120_000,
  );

  it('P30: retryBroken repeats a call whose worker was lost', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const error = await errorOf(workers.with({ retryBroken: 2 }).run(plain['exit']!, 1));
        expect(error).toBeInstanceOf(BrokenWorkerError);
        expect(workers.statistics()).toMatchObject({ started: 3, broken: 3 });
      }),
    ));

  it('P30: retryBroken does not repeat a job that throws', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const before = await workers.run(plain['where']!);
        await errorOf(workers.with({ retryBroken: 2 }).run(plain['fail']!, 'once'));
        expect((await workers.run(plain['where']!)).jobs).toBe(before.jobs + 2);
      }),
    ));

  it('P30: retryBroken does not repeat a call whose job has taken items of an argument', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        async function* items(): AsyncGenerator<number> {
          for (let index = 0; ; index++) yield index;
        }
        const error = await errorOf(workers.with({ retryBroken: 2 }).run(tasks['exitAfterTwo']!, items()));
        expect(error).toBeInstanceOf(BrokenWorkerError);
        expect(workers.statistics()).toMatchObject({ started: 1, broken: 1 });
      }),
    ));

  it('P30: retryBroken does not repeat a generator that has yielded', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const seen: unknown[] = [];
        const error = await errorOf(
          workers.with({ retryBroken: 2, window: 1 }).stream(plain['exitAfterItem']!, [], async (items) => {
            for await (const item of items) seen.push(item);
          }),
        );
        expect(error.leaves()[0]).toBeInstanceOf(BrokenWorkerError);
        expect(seen).toEqual([0]);
        expect(workers.statistics()).toMatchObject({ started: 1, broken: 1 });
      }),
    ));

  it('P31: an error outside of any job breaks the worker', () =>
    run(() =>
      openWorkers({ kind, max: 1, stdio: 'ignore' }, async (workers) => {
        await workers.run(plain['crashLater']!);
        await until(workers, ({ broken }) => broken === 1);
        expect(workers.statistics()).toMatchObject({ idle: 0, running: 0, retired: 0 });
      }),
    ));
});

it(
  'P28: the process goes on when a thread runs out of memory',
  () =>
    run(() =>
      openWorkers({ max: 1, resourceLimits: { maxOldGenerationSizeMb: 16 } }, async (workers) => {
        expect(await errorOf(workers.run(plain['eatMemory']!))).toMatchObject({ reason: 'memory' });
      }),
    ),
  120_000,
);

it('P29: process.exit() in a thread ends the worker, not the program', () =>
  run(() =>
    openWorkers({ max: 1 }, async (workers) => {
      expect(await errorOf(workers.run(plain['exit']!, 0))).toMatchObject({ exitCode: 0, reason: 'exit' });
      expect(await workers.run(plain['pid']!)).toBe(process.pid);
    }),
  ));

it('P26: a process that a signal ends says which', () =>
  run(() =>
    openWorkers({ max: 1, kind: 'process' }, async (workers) => {
      const error = await errorOf(workers.run(plain['crash']!));
      expect(error).toMatchObject({ exitCode: null, signal: 'SIGKILL', started: true });
      expect(error.message).toContain('SIGKILL');
    }),
  ));
