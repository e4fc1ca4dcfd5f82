import { describe, expect, it } from '@jest/globals';
import { ExceptionGroup, openNursery, run } from '@tercet/core';
import { openWorkers } from '@tercet/parallel';
import { errorOf, KINDS, make, newFile, plain, tasks, until } from '../jobs.ts';

describe.each(KINDS)('with workers of kind %s', (kind) => {
  it('P49: a body that throws before its generator has been asked for leaves the other calls alone', () =>
    run(() =>
      openWorkers({ kind, max: 1, prefetch: 0 }, async (workers) => {
        const file = newFile();
        await openNursery(async (nursery) => {
          nursery.startSoon(() => workers.run(plain['blockUntil']!, file));
          for (let call = 0; call < 3; call++) {
            nursery.startSoon(async () => expect(await workers.run(plain['echo']!, call)).toBe(call));
          }
          await until(workers, ({ running, queued }) => running === 1 && queued === 3);
          const error = await errorOf(
            workers.stream(tasks['countForever']!, [], () => {
              throw new RangeError('no');
            }),
          );
          expect(error).toBeInstanceOf(ExceptionGroup);
          expect(error.leaves()).toEqual([new RangeError('no')]);
          expect(workers.statistics().queued).toBe(3);
          make(file);
        });
        expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
        expect(workers.statistics()).toMatchObject({ idle: 1, running: 0, queued: 0 });
      }),
    ));

  it('P49: a body that returns at once ends the stream, also where tasks begin later than it', () =>
    run(
      () =>
        openWorkers({ kind, max: 1 }, async (workers) => {
          expect(await workers.stream(tasks['countForever']!, [], () => 'returned')).toBe('returned');
          const fail = (): Promise<never> => Promise.reject(new RangeError('no'));
          const error = await errorOf(workers.stream(tasks['countForever']!, [], fail));
          expect(error.leaves()).toEqual([new RangeError('no')]);
          expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
        }),
      { seed: 1 },
    ));
});
