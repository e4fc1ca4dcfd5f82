import { describe, expect, it } from '@jest/globals';
import {
  CancelScope,
  Cancelled,
  checkpoint,
  currentTime,
  moveOnAfter,
  openNursery,
  sleep,
  sleepForever,
} from '@tercet/core';
import { currentTask, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

describe('a signal that a scope follows', () => {
  it(
    'cancels it, with the reason as text',
    testRun(async () => {
      const controller = new AbortController();
      const scope = new CancelScope({ signal: controller.signal });
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          scope.run(async () => {
            const error = await thrownBy(() => sleepForever());
            expect(error).toMatchObject({ source: 'signal', reason: 'no longer needed' });
            throw error;
          }),
        );
        await waitAllTasksBlocked();
        controller.abort('no longer needed');
      });
      expect([scope.cancelCalled, scope.cancelledCaught]).toEqual([true, true]);
    }),
  );

  it(
    'cancels it at entry when it has aborted before',
    testRun(async () => {
      const scope = new CancelScope({ signal: AbortSignal.abort(new Error('before')) });
      expect(scope.cancelCalled).toBe(true);
      await scope.run(async () => {
        expect(await thrownBy(checkpoint)).toMatchObject({ source: 'signal', reason: 'before' });
        await checkpoint();
      });
      expect(scope.cancelledCaught).toBe(true);
    }),
  );

  it(
    'does nothing when it aborts after the exit',
    testRun(async () => {
      const controller = new AbortController();
      const scope = new CancelScope({ signal: controller.signal });
      await scope.run(checkpoint);
      controller.abort();
      expect(scope.cancelledCaught).toBe(false);
      await checkpoint();
    }),
  );
});

describe('the signal of a scope', () => {
  it(
    'aborts when the scope is cancelled, synchronously, with the Cancelled as its reason',
    testRun(async () => {
      const scope = new CancelScope();
      await scope.run(() => {
        const { signal } = scope;
        expect(scope.signal).toBe(signal);
        expect(signal.aborted).toBe(false);
        scope.cancel('why');
        expect(signal.aborted).toBe(true);
        expect(signal.reason).toBeInstanceOf(Cancelled);
        expect(signal.reason).toMatchObject({ source: 'explicit', reason: 'why' });
      });
    }),
  );

  it(
    'aborts when an outer scope is cancelled, unless a shield stands between, and when that is taken away',
    testRun(() =>
      new CancelScope().run((outer) =>
        new CancelScope({ shield: true }).run(async (shield) => {
          await new CancelScope().run((inner) => {
            const { signal } = inner;
            outer.cancel();
            expect(signal.aborted).toBe(false);
            shield.shield = false;
            expect(signal.aborted).toBe(true);
          });
        }),
      ),
    ),
  );

  it(
    'aborts at the deadline',
    testRun(async (clock) => {
      let at: number | undefined;
      await moveOnAfter(70, async (scope) => {
        scope.signal.addEventListener('abort', () => (at = clock.now()));
        await sleepForever();
      });
      expect(at).toBe(70);
    }),
  );

  it(
    'calls its listeners in the scope, also at a deadline',
    testRun(async () => {
      const scope = new CancelScope({ relativeDeadline: 70 });
      let seen: unknown;
      await scope.run(async () => {
        scope.signal.addEventListener('abort', () => (seen = [currentTime(), currentTask().name]));
        await sleepForever();
      });
      expect(seen).toEqual([70, currentTask().name]);
    }),
  );

  it(
    'is aborted already when it is asked for in a cancelled scope',
    testRun(async () => {
      const scope = new CancelScope();
      await scope.run(() => {
        scope.cancel();
        expect(scope.signal.aborted).toBe(true);
      });
    }),
  );

  it(
    'that was made before the entry aborts all the same',
    testRun(async () => {
      const scope = new CancelScope({ relativeDeadline: 10 });
      const { signal } = scope;
      expect(signal.aborted).toBe(false);
      await scope.run(() => sleep(50));
      expect(signal.aborted).toBe(true);
    }),
  );

  it(
    'does not abort because the scope is left, whether it was asked for before or after',
    testRun(async () => {
      const [before, after] = [new CancelScope(), new CancelScope()];
      const { signal } = before;
      await before.run(() => undefined);
      await after.run(() => undefined);
      expect([signal.aborted, after.signal.aborted]).toEqual([false, false]);
    }),
  );

  it(
    'of a nursery aborts when a task fails',
    testRun(async () => {
      let signal: AbortSignal | undefined;
      await thrownBy(() =>
        openNursery((nursery) => {
          ({ signal } = nursery.cancelScope);
          nursery.startSoon(() => Promise.reject(new TypeError('x')));
        }),
      );
      expect(signal!.aborted).toBe(true);
      expect(signal!.reason).toMatchObject({ source: 'nursery' });
    }),
  );
});
