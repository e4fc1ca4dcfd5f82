import { expect, it } from '@jest/globals';
import { all, CancelScope, openNursery, run } from '@tercet/core';
import { BrokenWorkerError, openWorkers, transfer } from '@tercet/parallel';
import { errorOf, KINDS, make, newFile, plain, until, whenBegun } from '../jobs.ts';

function moved(size: number): Uint8Array {
  const data = new Uint8Array(size);
  return transfer(data, [data.buffer]);
}

it('P32: when more calls than a worker has slots were sent ahead and cancelled, none of them runs, and the next one does', () =>
  run(() =>
    openWorkers({ max: 1, prefetch: 1 }, async (workers) => {
      const file = newFile();
      const { begun, onProgress } = whenBegun();
      const count = async (): Promise<number> => workers.run(plain['countUp']!);
      await openNursery(async (nursery) => {
        nursery.startSoon(() => workers.with({ onProgress }).run(plain['blockUntil']!, file));
        await begun.wait();
        for (let call = 0; call < 1100; call++) {
          const scope = new CancelScope();
          await scope.run(() => {
            const counted = count();
            scope.cancel();
            return counted;
          });
          expect(scope.cancelledCaught).toBe(true);
        }
        nursery.startSoon(async () => expect(await count()).toBe(1));
        await until(workers, ({ queued }) => queued === 1);
        make(file);
      });
      expect(await count()).toBe(2);
    }),
  ));

it('P33: a job is asked to end after more calls than a worker has slots were sent behind it and cancelled', () =>
  run(() =>
    openWorkers({ max: 1, prefetch: 1, grace: Infinity }, async (workers) => {
      const { begun, onProgress } = whenBegun();
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          // A value that is returned after being asked is kept; one that is withdrawn has none.
          expect(await workers.with({ onProgress }).run(plain['spinUntilAsked']!)).toBe('asked');
        });
        await begun.wait();
        for (let call = 0; call < 1100; call++) {
          const scope = new CancelScope();
          await scope.run(() => {
            const sent = workers.run(plain['nothing']!);
            scope.cancel();
            return sent;
          });
        }
        nursery.cancelScope.cancel();
      });
    }),
  ));

it.each(KINDS)('P20, P27: of many quick jobs none is lost when a worker of kind %s retires among them', (kind) =>
  run(() =>
    openWorkers({ kind, max: 1, prefetch: 8, retire: plain['afterHundred'] as never }, async (workers) => {
      const counts = await workers.map(plain['countUp']!, new Array(500).fill(0), { concurrency: 9 });
      const expected = Array.from({ length: 500 }, (_, index) => Math.floor(index / 5) + 1);
      expect(counts.sort((a, b) => a - b)).toEqual(expected);
      await until(workers, ({ retired }) => retired === 5);
      expect(workers.statistics().broken).toBe(0);
    }),
  ),
);

it.each(KINDS)('P13, P27: calls that transfer memory run in the worker of kind %s that is free first', (kind) =>
  run(() =>
    openWorkers({ kind, max: 2, min: 2, prefetch: 1 }, async (workers) => {
      await until(workers, ({ idle }) => idle === 2);
      const [one, two] = [newFile(), newFile()];
      await openNursery(async (nursery) => {
        nursery.startSoon(() => workers.run(plain['blockUntil']!, one));
        nursery.startSoon(() => workers.run(plain['blockUntil']!, two));
        await until(workers, ({ running }) => running === 2);
        const sizes = all(
          Array.from({ length: 4 }, (_, size) => () => workers.run(plain['byteLength']!, moved(size + 1))),
        );
        await until(workers, ({ queued }) => queued === 4);
        make(one);
        // In a process that blocks, a job that was sent ahead can only be taken back later.
        if (kind === 'process') make(two);
        expect(await sizes).toEqual([1, 2, 3, 4]);
        make(two);
      });
    }),
  ),
);

it('P13, P27: a call that transfers memory to a thread which ends before the job begins is a BrokenWorkerError', () =>
  run(() =>
    openWorkers({ max: 1 }, async (workers) => {
      const [, error, size] = await all([
        () => workers.run(plain['exitAfterAnswer']!),
        () => errorOf(workers.with({ retryBroken: 2 }).run(plain['byteLength']!, moved(8))),
        () => workers.run(plain['byteLength']!, new Uint8Array(9)),
      ]);
      expect(error).toBeInstanceOf(BrokenWorkerError);
      expect(error).toMatchObject({ exitCode: 3, started: false, reason: 'exit' });
      expect(error.message).toMatch(/exited with code 3 before it began this job, with the memory/);
      expect(size).toBe(9);
      expect(workers.statistics()).toMatchObject({ started: 2, broken: 1 });
    }),
  ));
