import { describe, expect, it } from '@jest/globals';
import {
  CancelScope,
  Cancelled,
  checkpoint,
  currentEffectiveDeadline,
  currentTime,
  moveOnAfter,
  openNursery,
  sleep,
  sleepForever,
  StateError,
} from '@tercet/core';
import {
  cancelScopeAs,
  cancelShieldedCheckpoint,
  checkpointIfCancelled,
  waitAllTasksBlocked,
} from '@tercet/core/lowlevel';
import { MockClock, testRun } from '@tercet/testing';
import { inspect } from 'node:util';
import { thrownBy } from '../run-virtually.ts';

describe('how a scope shows itself', () => {
  it(
    'RUN-030: unbound, active or exited',
    testRun(async () => {
      const scope = new CancelScope();
      expect(inspect(scope)).toBe('<CancelScope unbound>');
      await scope.run(() => expect(inspect(scope)).toBe('<CancelScope active>'));
      expect(inspect(scope)).toBe('<CancelScope exited>');
    }),
  );

  it(
    'RUN-031: with its deadline while it is of use, or that it is cancelled',
    testRun(
      async (clock) => {
        await moveOnAfter(10_000, (scope) => {
          expect(inspect(scope)).toBe('<CancelScope active, deadline is 10.00 seconds from now>');
          clock.jump(1500);
          expect(inspect(scope)).toBe('<CancelScope active, deadline is 8.50 seconds from now>');
        });
        const absolute = new CancelScope({ deadline: currentTime() + 2000 });
        expect(inspect(absolute)).toBe('<CancelScope unbound, deadline is 2.00 seconds from now>');
        const relative = new CancelScope({ relativeDeadline: 1000 });
        expect(inspect(relative)).toBe('<CancelScope unbound, deadline is 1.00 seconds after entering>');
        const cancelled = new CancelScope({ relativeDeadline: 1000, shield: true });
        cancelled.cancel();
        expect(inspect(cancelled)).toBe('<CancelScope unbound, shielded, cancelled>');
      },
      { clock: () => new MockClock() },
    ),
  );

  it('RUN-031: without a word of its deadline outside of a run', () => {
    expect(inspect(new CancelScope({ deadline: 5 }))).toBe('<CancelScope unbound>');
  });
});

describe('the options of a scope', () => {
  it('RUN-032: not both kinds of deadline', () => {
    expect(() => new CancelScope({ deadline: 7, relativeDeadline: 3 })).toThrow(RangeError);
    expect(() => new CancelScope({ deadline: 7, relativeDeadline: 3 })).toThrow(
      /either a deadline or a relativeDeadline/,
    );
  });

  it('RUN-033: no deadline that is NaN', () => {
    expect(() => new CancelScope({ deadline: NaN })).toThrow(RangeError);
    expect(() => new CancelScope({ relativeDeadline: NaN })).toThrow(RangeError);
  });

  it('RUN-034: no relative deadline that is negative', () => {
    expect(() => new CancelScope({ relativeDeadline: -1 })).toThrow(RangeError);
    expect(() => new CancelScope({ relativeDeadline: -1 })).toThrow(/non-negative.*-1/);
    expect(() => new CancelScope({ relativeDeadline: { seconds: -1 } })).toThrow(RangeError);
  });

  it(
    'RUN-035: nor by the setters, before entering, inside, or after',
    testRun(async () => {
      const refuses = (scope: CancelScope): void => {
        scope.deadline = 4000;
        expect(() => (scope.deadline = NaN)).toThrow(RangeError);
        expect(() => (scope.relativeDeadline = NaN)).toThrow(RangeError);
        expect(() => (scope.relativeDeadline = -1)).toThrow(RangeError);
        expect(scope.deadline).toBe(4000);
        scope.relativeDeadline = 1000;
        expect(scope.relativeDeadline).toBe(1000);
      };
      const scope = new CancelScope();
      refuses(scope);
      await scope.run(refuses);
      refuses(scope);
    }),
  );

  it('refuses values of another type', () => {
    expect(() => new CancelScope({ deadline: '5' as never })).toThrow(TypeError);
    expect(() => new CancelScope({ relativeDeadline: '5' as never })).toThrow(TypeError);
    expect(() => new CancelScope({ relativeDeadline: {} as never })).toThrow(TypeError);
  });

  it(
    'RUN-050: a shield that is a boolean, and nothing else',
    testRun(async () => {
      expect(() => new CancelScope({ shield: 1 as never })).toThrow(TypeError);
      const scope = new CancelScope();
      expect(scope.shield).toBe(false);
      const refuses = (): void => {
        expect(() => (scope.shield = 'hello' as never)).toThrow(TypeError);
        expect(scope.shield).toBe(false);
        scope.shield = true;
        expect(() => (scope.shield = undefined as never)).toThrow(TypeError);
        expect(scope.shield).toBe(true);
        scope.shield = false;
      };
      refuses();
      await scope.run(refuses);
    }),
  );

  it(
    'a body that is a function, not a promise',
    testRun(async () => {
      const scope = new CancelScope();
      const error = await thrownBy(() => scope.run(Promise.resolve() as never));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/got a promise.*instead of/);
      expect(await scope.run(() => 'still unused')).toBe('still unused');
    }),
  );

  it('RUN-220: no subclass', () => {
    class Sub extends CancelScope {}
    expect(() => new Sub()).toThrow(TypeError);
  });
});

describe('cancel()', () => {
  it(
    'RUN-036: makes checkpointIfCancelled throw, which did nothing before',
    testRun(() =>
      new CancelScope().run(async (scope) => {
        await checkpointIfCancelled();
        scope.cancel();
        await expect(checkpointIfCancelled()).rejects.toThrow(Cancelled);
      }),
    ),
  );

  it(
    'RUN-037: makes checkpoint throw',
    testRun(() =>
      new CancelScope().run(async (scope) => {
        await checkpoint();
        scope.cancel();
        await expect(checkpoint()).rejects.toThrow(Cancelled);
      }),
    ),
  );

  it(
    'RUN-038: a blocking call that begins after it throws',
    testRun(() =>
      new CancelScope().run(async (scope) => {
        scope.cancel();
        await expect(sleepForever()).rejects.toThrow(Cancelled);
        await expect(sleep(10)).rejects.toThrow(Cancelled);
      }),
    ),
  );

  it(
    'RUN-039: leaves cancelShieldedCheckpoint alone, and not the next checkpoint',
    testRun(() =>
      new CancelScope().run(async (scope) => {
        await cancelShieldedCheckpoint();
        scope.cancel();
        for (let i = 0; i < 3; i++) await cancelShieldedCheckpoint();
        await expect(checkpoint()).rejects.toThrow(Cancelled);
      }),
    ),
  );

  it(
    'RUN-040: twice is the same as once',
    testRun(async () => {
      const scope = new CancelScope();
      const value = await scope.run(async () => {
        scope.cancel('first');
        scope.cancel('second');
        await checkpoint();
        return 1;
      });
      expect(value).toBeUndefined();
      expect([scope.cancelCalled, scope.cancelledCaught]).toEqual([true, true]);
    }),
  );

  it(
    'RUN-041: acts on every blocking call, not only the first',
    testRun(async () => {
      const scope = new CancelScope();
      await scope.run(async () => {
        scope.cancel();
        for (let i = 0; i < 3; i++) await expect(sleepForever()).rejects.toThrow(Cancelled);
        await sleepForever();
      });
      expect(scope.cancelledCaught).toBe(true);
    }),
  );

  it(
    'RUN-065: does nothing to a body that has no checkpoint any more',
    testRun(async () => {
      const scope = new CancelScope();
      expect(
        await scope.run(() => {
          scope.cancel();
          return 'value';
        }),
      ).toBe('value');
      expect([scope.cancelCalled, scope.cancelledCaught]).toEqual([true, false]);
      await checkpoint();
    }),
  );

  it(
    'RUN-072: before entering makes the first checkpoint throw',
    testRun(async () => {
      const scope = new CancelScope();
      scope.cancel();
      expect(scope.cancelCalled).toBe(true);
      let entered = false;
      await scope.run(async () => {
        entered = true;
        await checkpoint();
        throw new Error('not reached');
      });
      expect([entered, scope.cancelledCaught]).toEqual([true, true]);
    }),
  );

  it(
    'RUN-073: works from another task',
    testRun(async () => {
      const scope = new CancelScope();
      await openNursery(async (nursery) => {
        nursery.startSoon(() => scope.run(sleepForever));
        await waitAllTasksBlocked();
        scope.cancel();
      });
      expect(scope.cancelledCaught).toBe(true);
    }),
  );

  it(
    'RUN-075: after the exit is only remembered',
    testRun(async () => {
      const scope = new CancelScope();
      await scope.run(() => checkpoint());
      scope.cancel();
      expect([scope.cancelCalled, scope.cancelledCaught]).toEqual([true, false]);
      await checkpoint();
    }),
  );

  it(
    'G-5: never lets another task go on, and neither does entering or leaving a scope',
    testRun(async () => {
      let others = 0;
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          for (;;) {
            others++;
            await checkpoint();
          }
        });
        await checkpoint();
        const before = others;
        const scope = new CancelScope();
        const left = scope.run(() => {
          scope.cancel();
          new CancelScope().cancel();
          nursery.startSoon(checkpoint);
        });
        expect(others).toBe(before);
        await left;
        nursery.cancelScope.cancel();
      });
    }),
  );

  it(
    'G-33: primitives may give another source',
    testRun(async () => {
      for (const entered of [false, true]) {
        const scope = new CancelScope();
        if (!entered) cancelScopeAs(scope, 'interrupt', 'SIGINT');
        await scope.run(async () => {
          if (entered) cancelScopeAs(scope, 'interrupt', 'SIGINT');
          expect(await thrownBy(checkpoint)).toMatchObject({ source: 'interrupt', reason: 'SIGINT' });
        });
      }
    }),
  );
});

describe('using a scope again', () => {
  it(
    'RUN-076: is an error after its exit, which leaves all as it is',
    testRun(async () => {
      const scope = new CancelScope();
      await scope.run(() => undefined);
      const error = await thrownBy(() => scope.run(() => undefined));
      expect(error).toBeInstanceOf(StateError);
      expect((error as Error).message).toMatch(/single run/);
    }),
  );

  it(
    'RUN-077: is an error while it is active, for the same task and for another one',
    testRun(async () => {
      const scope = new CancelScope();
      await scope.run(async () => {
        await expect(scope.run(() => undefined)).rejects.toThrow(StateError);
        await openNursery((nursery) => {
          nursery.startSoon(() => expect(scope.run(() => undefined)).rejects.toThrow(StateError));
        });
        await expect(openNursery((nursery) => nursery.cancelScope.run(() => undefined))).rejects.toMatchObject({
          errors: [expect.any(StateError)],
        });
      });
    }),
  );

  it('RUN-020: outside of a run is an error', async () => {
    await expect(new CancelScope().run(() => undefined)).rejects.toThrow(StateError);
  });
});

describe('the deadline', () => {
  it(
    'RUN-060: is infinite, may be set, and a scope left in time is never cancelled by it',
    testRun(async (clock) => {
      const scope = new CancelScope();
      expect(scope.deadline).toBe(Infinity);
      await scope.run(async () => {
        scope.deadline = currentTime() + 100;
        expect(scope.deadline).toBe(currentTime() + 100);
        await sleep(50);
      });
      clock.jump(1000);
      await sleep(1000);
      expect([scope.cancelCalled, scope.cancelledCaught]).toEqual([false, false]);
    }),
  );

  it(
    'RUN-061: cancels operations that are blocked when it comes',
    testRun(async () => {
      const scope = new CancelScope({ deadline: currentTime() + 1000 });
      await scope.run(() => sleep(2000));
      expect(currentTime()).toBe(1000);
      expect([scope.cancelCalled, scope.cancelledCaught]).toEqual([true, true]);
    }),
  );

  it(
    'RUN-062: makes every checkpoint throw once it is moved into the past',
    testRun(async () => {
      const scope = new CancelScope({ deadline: currentTime() + 1000 });
      await scope.run(async () => {
        await checkpoint();
        scope.deadline = currentTime() - 1;
        await expect(checkpoint()).rejects.toThrow(Cancelled);
        scope.deadline = Infinity;
        await expect(checkpoint()).rejects.toThrow(Cancelled);
      });
    }),
  );

  it(
    'G-30: cancels at once a scope that is entered after it',
    testRun(async () => {
      await sleep(10);
      for (const scope of [
        new CancelScope({ deadline: 5 }),
        new CancelScope({ deadline: currentTime() }),
        new CancelScope({ relativeDeadline: 0 }),
        new CancelScope({ deadline: -Infinity }),
      ]) {
        await scope.run(async () => {
          expect(await thrownBy(checkpointIfCancelled)).toMatchObject({ source: 'deadline' });
          await checkpoint();
        });
        expect(scope.cancelledCaught).toBe(true);
      }
    }),
  );

  it(
    'G-31: when it is relative counts from the moment of entering',
    testRun(
      async (clock) => {
        const scope = new CancelScope({ relativeDeadline: 1000 });
        expect(scope.isRelative).toBe(true);
        clock.jump(500);
        expect([scope.relativeDeadline, scope.deadline]).toEqual([1000, 1500]);
        await scope.run(() => {
          expect(scope.isRelative).toBeUndefined();
          expect(scope.deadline).toBe(1500);
          clock.jump(300);
          expect([scope.deadline, scope.relativeDeadline]).toEqual([1500, 700]);
          scope.relativeDeadline = { seconds: 2 };
          expect(scope.deadline).toBe(2800);
        });
        expect(new CancelScope({ deadline: 4 }).isRelative).toBe(false);
        expect(() => new CancelScope({ deadline: 4 }).relativeDeadline).toThrow(StateError);
      },
      { clock: () => new MockClock() },
    ),
  );

  it(
    'RUN-078: makes cancelCalled true before entering when it passes, and never false again',
    testRun(
      (clock) => {
        const scope = new CancelScope({ deadline: 10 });
        expect(scope.cancelCalled).toBe(false);
        clock.jump(10);
        expect(scope.cancelCalled).toBe(true);
        scope.deadline = Infinity;
        expect(scope.cancelCalled).toBe(true);
      },
      { clock: () => new MockClock() },
    ),
  );

  it(
    'G-32: is not observed any more after the exit',
    testRun(
      async (clock) => {
        const scope = new CancelScope({ deadline: 10 });
        await scope.run(() => undefined);
        clock.jump(20);
        expect(scope.cancelCalled).toBe(false);
        scope.deadline = 5;
        expect(scope.cancelCalled).toBe(false);
        scope.cancel();
        expect([scope.cancelCalled, scope.cancelledCaught]).toEqual([true, false]);
      },
      { clock: () => new MockClock() },
    ),
  );

  it(
    'G-4: is noticed by a checkpoint when it has passed, although nothing has waited since',
    testRun(
      (clock) =>
        new CancelScope({ relativeDeadline: 10 }).run(async (scope) => {
          await checkpoint();
          clock.jump(11);
          await expect(checkpoint()).rejects.toThrow(Cancelled);
          expect(scope.cancelCalled).toBe(true);
        }),
      { clock: () => new MockClock() },
    ),
  );

  it(
    'G-4: is noticed by a checkpoint also on the real clock',
    testRun(
      () =>
        moveOnAfter(2, async () => {
          const until = performance.now() + 5;
          while (performance.now() < until);
          await expect(checkpoint()).rejects.toThrow(Cancelled);
        }),
      { clock: () => new MockClock({ rate: 1 }) },
    ),
  );

  it(
    'G-10: of a thousand scopes that end in time leaves nothing, and the last one still acts',
    testRun(async () => {
      for (let i = 0; i < 3000; i++) await moveOnAfter(1000 + i, () => undefined);
      await openNursery((nursery) => {
        for (let i = 0; i < 3000; i++) nursery.startSoon(() => moveOnAfter(10_000 - i, () => sleep(i % 7)));
        nursery.startSoon(() => moveOnAfter(100, () => sleepForever()));
      });
      expect(currentTime()).toBe(100);
    }),
  );

  it(
    'G-24: of outer scopes is out of sight in a shield',
    testRun(() =>
      moveOnAfter(100, async () => {
        expect(currentEffectiveDeadline()).toBe(100);
        await moveOnAfter(
          500,
          async (shield) => {
            expect(currentEffectiveDeadline()).toBe(500);
            await moveOnAfter(50, () => expect(currentEffectiveDeadline()).toBe(50));
            shield.shield = false;
            expect(currentEffectiveDeadline()).toBe(100);
            shield.shield = true;
            shield.deadline = Infinity;
            expect(currentEffectiveDeadline()).toBe(Infinity);
          },
          { shield: true },
        );
        await new CancelScope().run((scope) => {
          scope.cancel();
          expect(currentEffectiveDeadline()).toBe(-Infinity);
        });
      }),
    ),
  );
});
