import { describe, expect, it, jest } from '@jest/globals';
import {
  CancelScope,
  Cancelled,
  checkpoint,
  currentTime,
  moveOnAfter,
  openNursery,
  run,
  sleep,
  sleepForever,
} from '@tercet/core';
import { currentTask, suspend, waitAllTasksBlocked } from '@tercet/core/lowlevel';
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

describe('C-14: scopes that follow one signal', () => {
  /** A signal that counts its listeners. */
  function counting(): { controller: AbortController; count: () => number; most: () => number } {
    const controller = new AbortController();
    const { signal } = controller;
    const added = jest.spyOn(signal, 'addEventListener');
    const removed = jest.spyOn(signal, 'removeEventListener');
    const count = (): number => added.mock.calls.length - removed.mock.calls.length;
    let most = 0;
    added.mockImplementation((type, listener, options) => {
      most = Math.max(most, count());
      EventTarget.prototype.addEventListener.call(signal, type, listener as never, options);
    });
    return { controller, count, most: () => most };
  }

  it(
    'C-14: share one listener, which goes with the last of them',
    testRun(async () => {
      const { controller, count, most } = counting();
      const { signal } = controller;
      await openNursery((nursery) => {
        for (let index = 0; index < 50; index++) {
          nursery.startSoon(() => new CancelScope({ signal }).run(() => sleep(index)));
        }
      });
      expect([most(), count()]).toEqual([1, 0]);
      await new CancelScope({ signal }).run(checkpoint);
      expect([most(), count()]).toEqual([1, 0]);
    }),
  );

  it(
    'C-14: are all cancelled, also when the first one lets the next go',
    testRun(async () => {
      const { controller, count } = counting();
      const { signal } = controller;
      const order: number[] = [];
      const scopes = Array.from({ length: 4 }, () => new CancelScope({ signal }));
      await openNursery(async (nursery) => {
        scopes.forEach((scope, index) =>
          nursery.startSoon(() =>
            scope.run(() =>
              suspend('a signal', () => () => {
                order.push(index);
                scopes[1]!.cancel('by hand');
                return 'succeeded';
              }),
            ),
          ),
        );
        await waitAllTasksBlocked();
        controller.abort('enough');
      });
      expect([order, scopes.every(({ cancelledCaught }) => cancelledCaught), count()]).toEqual([[0, 1, 2, 3], true, 0]);
    }),
  );

  it('C-14: also a run, whose main is cancelled', async () => {
    const { controller, most, count } = counting();
    const { signal } = controller;
    const runs = Array.from({ length: 20 }, () => thrownBy(() => run(sleepForever, { signal })));
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort('over');
    const errors = await Promise.all(runs);
    expect(new Set(errors.map((error) => (error as Cancelled).reason))).toEqual(new Set(['over']));
    expect([most(), count()]).toEqual([1, 0]);
  });
});

describe('C-5: a signal cancels, whatever its reason is', () => {
  const fail = (): never => {
    throw new Error('no text for you');
  };
  it.each([
    [Object.create(null)],
    [{ toString: fail }],
    [Symbol('s')],
    [new Proxy({}, { get: fail, getPrototypeOf: fail })],
  ])('C-5: reason %#', async (reason: unknown) => {
    const controller = new AbortController();
    const scope = new CancelScope({ signal: controller.signal });
    await run(() =>
      openNursery(async (nursery) => {
        nursery.startSoon(() => scope.run(sleepForever));
        await waitAllTasksBlocked();
        controller.abort(reason);
      }),
    );
    expect(scope.cancelledCaught).toBe(true);
  });
});

describe('C-16: a value that is not a signal', () => {
  const wrong: unknown[] = [
    {},
    null,
    'signal',
    5,
    new AbortController(),
    { aborted: false, addEventListener: (): void => undefined },
  ];

  it.each(wrong.map((each) => [each]))(
    'C-16: is refused before a scope is entered or a run begins: %p',
    async (signal) => {
      let begun = 0;
      const body = (): void => void begun++;
      await run(async () => {
        const error = await thrownBy(() => new CancelScope({ signal: signal as AbortSignal }).run(body));
        expect(error).toBeInstanceOf(TypeError);
        expect((error as Error).message).toMatch(/signal must be an AbortSignal/);
      });
      expect(await thrownBy(() => run(body, { signal: signal as AbortSignal }))).toBeInstanceOf(TypeError);
      await new Promise((resolve) => setImmediate(resolve));
      expect(begun).toBe(0);
    },
  );

  it('C-16: one that cannot be listened to leaves no scope open and no main behind', async () => {
    const deaf = Object.assign(new EventTarget(), {
      aborted: false,
      addEventListener: () => {
        throw new RangeError('deaf');
      },
    }) as unknown as AbortSignal;
    let begun = 0;
    const body = (): void => void begun++;
    await run(async () => {
      expect(await thrownBy(() => new CancelScope({ signal: deaf }).run(body))).toBeInstanceOf(RangeError);
    });
    expect(await thrownBy(() => run(body, { signal: deaf }))).toBeInstanceOf(RangeError);
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toBe(0);
  });
});
