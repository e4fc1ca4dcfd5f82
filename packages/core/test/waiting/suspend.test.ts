import { describe, expect, it } from '@jest/globals';
import {
  CancelScope,
  Cancelled,
  checkpoint,
  InternalError,
  moveOnAfter,
  openNursery,
  run,
  sleep,
  sleepForever,
} from '@tercet/core';
import { currentTask, ready, rejectIfCancelled, suspend, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import type { Abort, Waker } from '@tercet/core/lowlevel';
import { MockClock, testRun } from '@tercet/testing';
import { runVirtually, thrownBy } from '../run-virtually.ts';

const succeed: Abort = () => 'succeeded';

describe('G-15: a block', () => {
  it(
    'ends by exactly one use of its waker: with a value, or with an error',
    testRun(async () => {
      expect(await suspend<number>('x', (waker) => (waker.wake(1), succeed))).toBe(1);
      await expect(suspend('x', (waker) => (waker.fail(new TypeError('no')), succeed))).rejects.toThrow(TypeError);
      const value = await suspend<string>('x', (waker) => {
        setImmediate(() => waker.wake('later'));
        return succeed;
      });
      expect(value).toBe('later');
    }),
  );

  it(
    'RUN-105: a second use of the waker throws an InternalError to its caller, and is not a hang',
    testRun(async () => {
      let waker: Waker<number> | undefined;
      const value = await suspend<number>('line of input', (given) => {
        waker = given;
        given.wake(1);
        return succeed;
      });
      expect(value).toBe(1);
      expect(() => waker!.wake(2)).toThrow(InternalError);
      expect(() => waker!.fail(new Error('x'))).toThrow(/line of input.*twice/);
    }),
  );

  it('throws the error of the arming function', async () => {
    await runVirtually(() =>
      expect(
        suspend('x', () => {
          throw new RangeError('not armed');
        }),
      ).rejects.toThrow(RangeError),
    );
  });

  it('knows its task', async () => {
    await runVirtually(async () => {
      await suspend<void>('x', (waker) => {
        expect(waker.task).toBe(currentTask());
        waker.wake();
        return succeed;
      });
    });
  });
});

describe('G-16: the abort function', () => {
  it(
    'RUN-146: is called synchronously by cancel(), and only once, although an outer scope is cancelled as well',
    testRun(async () => {
      const [outer, inner] = [new CancelScope(), new CancelScope()];
      let calls = 0;
      let waker: Waker<string> | undefined;
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          outer.run(() =>
            inner.run(async () => {
              const value = await suspend<string>('x', (given) => {
                waker = given;
                return () => (calls++, 'failed');
              });
              expect(value).toBe('late');
            }),
          ),
        );
        await waitAllTasksBlocked();
        inner.cancel();
        expect(calls).toBe(1);
        outer.cancel();
        expect(calls).toBe(1);
        waker!.wake('late');
      });
    }),
  );

  it(
    'is called right after arming when the scope is cancelled already',
    testRun(() =>
      new CancelScope().run(async (scope) => {
        scope.cancel();
        const order: string[] = [];
        const error = await thrownBy(() =>
          suspend('x', () => {
            order.push('armed');
            return () => (order.push('aborted'), 'succeeded');
          }),
        );
        expect(error).toBeInstanceOf(Cancelled);
        expect(order).toEqual(['armed', 'aborted']);
      }),
    ),
  );

  it(
    'is called right after arming when arming itself cancels the scope',
    testRun(() =>
      new CancelScope().run(async (scope) => {
        let aborted = false;
        const error = await thrownBy(() =>
          suspend('x', () => {
            scope.cancel();
            return () => ((aborted = true), 'succeeded');
          }),
        );
        expect([error, aborted]).toEqual([expect.any(Cancelled), true]);
      }),
    ),
  );

  it(
    'is not called for a wait that was woken before, also while arming in a cancelled scope',
    testRun(() =>
      new CancelScope().run(async (scope) => {
        scope.cancel();
        const value = await suspend<number>('x', (waker) => {
          waker.wake(5);
          return () => {
            throw new Error('must not be called');
          };
        });
        expect(value).toBe(5);
      }),
    ),
  );
});

describe('G-17: the result of the abort function', () => {
  it(
    "'succeeded': the wait throws Cancelled, and its waker must not be used any more",
    testRun(async () => {
      let waker: Waker<number> | undefined;
      await moveOnAfter(10, () =>
        suspend<number>('x', (given) => {
          waker = given;
          return succeed;
        }),
      );
      expect(() => waker!.wake(1)).toThrow(InternalError);
    }),
  );

  it(
    "RUN-103: 'failed': cancel() does not wake the task, the waker does, and Cancelled comes at the next checkpoint",
    testRun(async () => {
      let waker: Waker<number> | undefined;
      const order: string[] = [];
      await openNursery(async (nursery) => {
        const scope = new CancelScope();
        nursery.startSoon(() =>
          scope.run(async () => {
            await suspend<number>('x', (given) => {
              waker = given;
              return () => 'failed';
            });
            order.push('woken');
            expect(await thrownBy(checkpoint)).toBeInstanceOf(Cancelled);
          }),
        );
        await waitAllTasksBlocked();
        scope.cancel();
        await waitAllTasksBlocked();
        order.push('cancelled');
        waker!.wake(1);
      });
      expect(order).toEqual(['cancelled', 'woken']);
    }),
  );

  it(
    "RUN-145: 'failed', and later the error that raiseCancel throws, also when the task is shielded by then",
    testRun(async () => {
      const scope = new CancelScope();
      let shield: CancelScope | undefined;
      let error: unknown;
      await openNursery(async (nursery) => {
        nursery.startSoon(() =>
          scope.run(() =>
            new CancelScope().run(async (inner) => {
              shield = inner;
              error = await thrownBy(() =>
                suspend('x', (waker) => (raiseCancel) => {
                  setImmediate(() => {
                    try {
                      raiseCancel();
                    } catch (raised) {
                      waker.fail(raised);
                    }
                  });
                  return 'failed';
                }),
              );
            }),
          ),
        );
        await waitAllTasksBlocked();
        scope.cancel('slowly');
        shield!.shield = true;
      });
      expect(error).toBeInstanceOf(Cancelled);
      expect(error).toMatchObject({ source: 'explicit', reason: 'slowly' });
    }),
  );
});

describe('G-18: an abort function that breaks its contract ends the run with an InternalError', () => {
  it.each<[string, Abort]>([
    ['RUN-104: when it returns something else', (() => undefined) as unknown as Abort],
    ['RUN-104: when it returns another text', (() => 'maybe') as unknown as Abort],
    [
      'when it throws',
      () => {
        throw new TypeError('in the abort function');
      },
    ],
  ])('%s', async (_title, abort) => {
    let other: unknown;
    const error = await thrownBy(() =>
      runVirtually(() =>
        openNursery((nursery) => {
          nursery.startSoon(async () => {
            other = await thrownBy(sleepForever);
            throw other;
          });
          nursery.startSoon(() => moveOnAfter(10, () => suspend('line of input', () => abort)));
        }),
      ),
    );
    expect(error).toBeInstanceOf(InternalError);
    expect((error as Error).message).toContain('line of input');
    expect(other).toBeInstanceOf(Cancelled);
  });

  it('and none at all is refused at once', async () => {
    await runVirtually(() => expect(suspend('x', () => undefined as never)).rejects.toThrow(TypeError));
  });
});

it('GST-003: the host may wake a task directly, from a callback of its own', async () => {
  let wake: (() => void) | undefined;
  const done = run(() => suspend<string>('the host', (waker) => ((wake = () => waker.wake('hello')), succeed)));
  expect(wake).toBeUndefined();
  // Real time: a foreign timer is what wakes.
  setTimeout(() => wake!(), 5);
  expect(await done).toBe('hello');
});

it('GST-001: G-95: a run is a guest of the event loop: it begins after the caller goes on, and returns a promise', async () => {
  const order: string[] = [];
  const done = run(() => void order.push('main'), { clock: new MockClock() });
  order.push('caller');
  await done;
  expect(order).toEqual(['caller', 'main']);
  await expect(run(() => Promise.reject(new TypeError('x')))).rejects.toThrow(TypeError);
});

it(
  'G-3: an operation that is entered in a cancelled scope has no effect, and a success never becomes Cancelled',
  testRun(async () => {
    let taken = 0;
    const take = (): Promise<number> => {
      const cancelled = rejectIfCancelled('take()');
      if (cancelled !== undefined) return cancelled;
      return ready(++taken, 'take()');
    };
    await new CancelScope().run(async (scope) => {
      const promise = take();
      scope.cancel();
      expect(await promise).toBe(1);
      expect(await thrownBy(take)).toBeInstanceOf(Cancelled);
      expect(taken).toBe(1);
    });
  }),
);

it(
  'G-2: Cancelled means that there was no effect: a sleep that is cancelled differs from one that is not',
  testRun(async () => {
    const values = await Promise.all([
      moveOnAfter(10, () => sleep(5).then(() => 'slept')),
      moveOnAfter(5, () => sleep(10).then(() => 'slept')),
    ]);
    expect(values).toEqual(['slept', undefined]);
  }),
);
