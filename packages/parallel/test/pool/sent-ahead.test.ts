import { expect, it } from '@jest/globals';
import { CancelScope, openNursery, run } from '@tercet/core';
import { openWorkers } from '@tercet/parallel';
import { make, newFile, plain, until, whenBegun } from '../jobs.ts';

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
