import { describe, expect, it } from '@jest/globals';
import {
  CancelScope,
  Cancelled,
  checkpoint,
  currentTime,
  ExceptionGroup,
  moveOnAfter,
  openNursery,
  sleep,
  sleepForever,
} from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { checkpointIfCancelled, suspend, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

const caught = (...scopes: CancelScope[]): boolean[] => scopes.map((scope) => scope.cancelledCaught);

describe('shields', () => {
  it(
    'RUN-051: let checkpoints pass in a cancelled outer scope',
    testRun(() =>
      new CancelScope().run((outer) =>
        new CancelScope().run(async (inner) => {
          outer.cancel();
          await expect(checkpoint()).rejects.toThrow(Cancelled);
          inner.shield = true;
          await checkpoint();
          await checkpointIfCancelled();
          await sleep(5);
        }),
      ),
    ),
  );

  it(
    'RUN-052: do not protect from a scope inside of them',
    testRun(async () => {
      const [outer, shield, inner] = [new CancelScope(), new CancelScope({ shield: true }), new CancelScope()];
      await outer.run(async () => {
        outer.cancel();
        await shield.run(async () => {
          await inner.run(async () => {
            inner.cancel();
            await sleepForever();
          });
          expect(inner.cancelledCaught).toBe(true);
          await checkpoint();
        });
        await expect(checkpoint()).rejects.toThrow(Cancelled);
      });
    }),
  );

  it(
    'RUN-053: may be taken away and put back',
    testRun(() =>
      new CancelScope().run(async (outer) => {
        await new CancelScope({ shield: true }).run(async (inner) => {
          outer.cancel();
          await checkpoint();
          inner.shield = false;
          await expect(checkpoint()).rejects.toThrow(Cancelled);
          await expect(checkpoint()).rejects.toThrow(Cancelled);
          inner.shield = true;
          await checkpoint();
        });
      }),
    ),
  );

  it(
    'RUN-054: do not protect from the cancel of their own scope, which catches it',
    testRun(() =>
      new CancelScope().run(async (outer) => {
        const inner = new CancelScope({ shield: true });
        outer.cancel();
        await inner.run(async () => {
          await checkpoint();
          inner.cancel();
          await sleepForever();
        });
        expect(inner.cancelledCaught).toBe(true);
      }),
    ),
  );

  it(
    'RUN-056: that are removed abort at that moment the sleeps behind them',
    testRun(() =>
      new CancelScope().run((outer) =>
        openNursery(async (nursery) => {
          const shield = new CancelScope({ shield: true });
          let aborted = false;
          nursery.startSoon(() =>
            shield.run(() =>
              suspend('anything', () => () => {
                aborted = true;
                return 'succeeded';
              }),
            ),
          );
          await waitAllTasksBlocked();
          outer.cancel();
          await thrownBy(checkpoint);
          expect(aborted).toBe(false);
          shield.shield = false;
          expect(aborted).toBe(true);
        }),
      ),
    ),
  );

  it(
    'RUN-064: set after the outer cancel do not keep the inner one from acting',
    testRun(() =>
      new CancelScope().run((outer) =>
        new CancelScope().run(async (inner) => {
          outer.cancel();
          await expect(checkpoint()).rejects.toThrow(Cancelled);
          inner.shield = true;
          await checkpoint();
          inner.cancel();
          await expect(checkpoint()).rejects.toThrow(Cancelled);
        }),
      ),
    ),
  );

  it(
    'RUN-074: that are set before entering act',
    testRun(() =>
      new CancelScope().run((outer) => {
        const shield = new CancelScope();
        shield.shield = true;
        outer.cancel();
        return shield.run(() => checkpoint());
      }),
    ),
  );

  it(
    "G-24: protect the tasks inside as well, while the scope's own deadline reaches them",
    testRun(() =>
      new CancelScope().run(async (outer) => {
        outer.cancel();
        const shield = new CancelScope({ shield: true, relativeDeadline: 100 });
        await shield.run(() =>
          openNursery((nursery) => {
            nursery.startSoon(sleep, 50);
            nursery.startSoon(sleepForever);
          }),
        );
        expect([currentTime(), shield.cancelledCaught]).toEqual([100, true]);
      }),
    ),
  );
});

describe('levels', () => {
  it(
    'RUN-055: a cancel reaches all grandchildren through nested nurseries',
    testRun(async () => {
      let leaves = 0;
      const grow = async (depth: number): Promise<void> => {
        if (depth > 0) return openNursery((nursery) => [1, 2].forEach(() => nursery.startSoon(grow, depth - 1)));
        try {
          await sleepForever();
        } finally {
          leaves++;
        }
      };
      await openNursery(async (nursery) => {
        nursery.startSoon(grow, 4);
        await waitAllTasksBlocked();
        nursery.cancelScope.cancel();
        expect(leaves).toBe(0);
      });
      expect(leaves).toBe(16);
    }),
  );

  it(
    'G-20: a task belongs to the scopes around its nursery, not to those in which it was started',
    testRun(async () => {
      const ends: string[] = [];
      await openNursery(async (outer) => {
        await new CancelScope().run((scope) =>
          openNursery((inner) => {
            for (const [name, nursery] of Object.entries({ outer, inner })) {
              nursery.startSoon(async () => {
                await sleep(10).catch(() => undefined);
                ends.push(`${name} at ${currentTime()}`);
              });
            }
            scope.cancel();
          }),
        );
      });
      expect(ends).toEqual(['inner at 0', 'outer at 10']);
    }),
  );

  it(
    'G-21: is cancelled what is cancelled itself, or under a cancelled parent without a shield between: all 64 cases',
    testRun(async () => {
      const isCancelled = async (): Promise<boolean> => {
        try {
          await checkpoint();
          return false;
        } catch {
          return true;
        }
      };
      for (let bits = 0; bits < 64; bits++) {
        const scopes = [0, 1, 2].map((n) => new CancelScope({ shield: ((bits >> n) & 1) === 1 }));
        const [a, b, c] = scopes as [CancelScope, CancelScope, CancelScope];
        const cancelled = [3, 4, 5].map((n) => ((bits >> n) & 1) === 1);
        let expected = false;
        scopes.forEach((scope, n) => (expected = cancelled[n]! || (!scope.shield && expected)));
        await a.run(() =>
          b.run(() =>
            c.run(async () => {
              scopes.forEach((scope, n) => cancelled[n]! && scope.cancel());
              expect({ bits, cancelled: await isCancelled() }).toEqual({ bits, cancelled: expected });
            }),
          ),
        );
      }
    }),
  );

  it(
    'G-21: holds for 5000 scopes, one inside the other',
    testRun(async () => {
      const nest = async (depth: number): Promise<void> => {
        if (depth === 0) await sleepForever();
        else await new CancelScope().run(() => nest(depth - 1));
      };
      const outermost = new CancelScope();
      await openNursery(async (nursery) => {
        nursery.startSoon(() => outermost.run(() => nest(5000)));
        await waitAllTasksBlocked();
        outermost.cancel();
      });
      expect(outermost.cancelledCaught).toBe(true);
    }),
  );

  it(
    'G-21: holds for 5000 nurseries, one inside the other, whose groups nest as deep',
    testRun(async () => {
      const nest = (depth: number): Promise<void> =>
        openNursery((nursery) => {
          nursery.startSoon(async () => {
            if (depth === 0) throw new TypeError('deep down');
            await nest(depth - 1);
          });
          nursery.startSoon(sleepForever);
        });
      const error = (await thrownBy(() => nest(5000))) as ExceptionGroup;
      expect(error.leaves()).toEqual([new TypeError('deep down')]);
      let depth = 0;
      for (let group: unknown = error; group instanceof ExceptionGroup; group = group.errors[0]) depth++;
      expect(depth).toBe(5001);
    }),
    60_000,
  );

  it(
    'G-22: every checkpoint throws again, however often it is swallowed',
    testRun(async () => {
      const scope = new CancelScope();
      let thrown = 0;
      await scope.run(async () => {
        scope.cancel();
        for (let i = 0; i < 50; i++) {
          await sleepForever().catch(() => thrown++);
          await checkpoint().catch(() => thrown++);
          await checkpointIfCancelled().catch(() => thrown++);
          await openNursery(checkpoint).catch(() => thrown++);
        }
      });
      expect(thrown).toBe(200);
      expect(scope.cancelledCaught).toBe(false);
    }),
  );

  it(
    'G-23: a task is free again behind the scope, and behind a shield',
    testRun(async () => {
      await new CancelScope().run(async (scope) => {
        scope.cancel();
        await new CancelScope({ shield: true }).run(() => sleep(5));
        await checkpoint();
      });
      await sleep(5);
      expect(currentTime()).toBe(10);
    }),
  );

  it(
    'D4: two branches of a Promise.all that each open a scope do not disturb each other',
    testRun(async () => {
      const [left, right] = [new CancelScope(), new CancelScope()];
      const values = await Promise.all([
        left.run(async () => {
          await sleep(10);
          right.cancel();
          await sleep(20);
          return 'left';
        }),
        right.run(async () => {
          await sleep(20);
          return 'right';
        }),
      ]);
      expect(values).toEqual(['left', undefined]);
      expect(caught(left, right)).toEqual([false, true]);
      await checkpoint();
    }),
  );
});

describe('the scope that catches', () => {
  it(
    'G-25: of several cancelled scopes the outermost one does',
    testRun(async () => {
      const scopes = [new CancelScope(), new CancelScope(), new CancelScope()] as const;
      const [a, b, c] = scopes;
      await a.run(() =>
        b.run(async () => {
          await c.run(async () => {
            for (const scope of [c, a, b]) scope.cancel();
            await checkpoint();
          });
          throw new Error('not reached');
        }),
      );
      expect(caught(a, b, c)).toEqual([true, false, false]);
      expect(b.cancelCalled && c.cancelCalled).toBe(true);
    }),
  );

  it(
    'G-25: is decided when the scope is left, not when the Cancelled is thrown',
    testRun(async () => {
      const [outer, inner] = [new CancelScope(), new CancelScope()];
      await outer.run(async () => {
        await inner.run(async () => {
          inner.cancel();
          try {
            await sleepForever();
          } finally {
            outer.cancel();
          }
        });
        throw new Error('not reached');
      });
      expect(caught(outer, inner)).toEqual([true, false]);
    }),
  );

  it(
    'G-25: below a shield the outermost one there does',
    testRun(async () => {
      const [outer, shield, inner] = [new CancelScope(), new CancelScope({ shield: true }), new CancelScope()];
      let behind = false;
      await outer.run(async () => {
        outer.cancel();
        await shield.run(async () => {
          shield.cancel();
          await inner.run(async () => {
            inner.cancel();
            await checkpoint();
          });
        });
        behind = true;
        await checkpoint();
      });
      expect([behind, ...caught(outer, shield, inner)]).toEqual([true, true, true, false]);
    }),
  );

  it(
    'G-27: a Cancelled has no identity: one that was kept is absorbed by another scope',
    testRun(async () => {
      let kept: unknown;
      await new CancelScope().run(async (scope) => {
        scope.cancel();
        kept = await thrownBy(checkpoint);
      });
      const other = new CancelScope();
      await other.run(() => {
        other.cancel();
        throw kept;
      });
      expect(other.cancelledCaught).toBe(true);
    }),
  );

  it(
    'G-25: a stray Cancelled in scopes that are not cancelled passes them all',
    testRun(async () => {
      let kept: unknown;
      await new CancelScope().run(async (scope) => {
        scope.cancel();
        kept = await thrownBy(checkpoint);
      });
      const scope = new CancelScope();
      const error = await thrownBy(() =>
        scope.run(() => {
          throw kept;
        }),
      );
      expect(error).toBe(kept);
      expect(scope.cancelledCaught).toBe(false);
    }),
  );

  it(
    'G-28: nothing is thrown, and nothing caught, where no checkpoint comes any more',
    testRun(async () => {
      const [outer, inner] = [new CancelScope(), new CancelScope()];
      expect(
        await outer.run(() =>
          inner.run(() => {
            outer.cancel();
            inner.cancel();
            return 3;
          }),
        ),
      ).toBe(3);
      expect(caught(outer, inner)).toEqual([false, false]);
    }),
  );

  it(
    'G-29: a shield that is set on the way out changes which scope catches',
    testRun(async () => {
      const [outer, inner] = [new CancelScope(), new CancelScope()];
      let behind = false;
      await outer.run(async () => {
        await inner.run(async () => {
          outer.cancel();
          inner.cancel();
          try {
            await checkpoint();
          } finally {
            inner.shield = true;
          }
        });
        behind = true;
        await checkpoint();
      });
      expect([behind, ...caught(outer, inner)]).toEqual([true, true, true]);
    }),
  );

  it(
    'G-29: a shield that is taken away on the way out does so too',
    testRun(async () => {
      const [outer, inner] = [new CancelScope(), new CancelScope({ shield: true })];
      await outer.run(async () => {
        await inner.run(async () => {
          outer.cancel();
          inner.cancel();
          try {
            await checkpoint();
          } finally {
            inner.shield = false;
          }
        });
        throw new Error('not reached');
      });
      expect(caught(outer, inner)).toEqual([true, false]);
    }),
  );

  it(
    'G-19: a task that was woken keeps its result when it is cancelled in the same moment',
    testRun(async () => {
      const scope = new CancelScope();
      let wake: ((value: string) => void) | undefined;
      await openNursery(async (nursery: Nursery) => {
        nursery.startSoon(() =>
          scope.run(async () => {
            const value = await suspend<string>('a result', (waker) => {
              wake = (text) => waker.wake(text);
              return () => {
                throw new Error('must not be called');
              };
            });
            expect(value).toBe('result');
            await expect(checkpoint()).rejects.toThrow(Cancelled);
          }),
        );
        await waitAllTasksBlocked();
        wake!('result');
        scope.cancel();
      });
    }),
  );

  it(
    'G-19: a sleep whose time comes together with its deadline gives its result or Cancelled, and nothing hangs',
    testRun(async () => {
      for (let i = 0; i < 10; i++) await moveOnAfter(10, () => sleep(10));
      expect(currentTime()).toBe(100);
    }),
  );
});

describe('reasons', () => {
  it(
    'G-33: the first one stays',
    testRun(() =>
      new CancelScope({ relativeDeadline: 100 }).run(async (scope) => {
        scope.cancel('first');
        scope.cancel('second');
        scope.deadline = -Infinity;
        expect(await thrownBy(checkpoint)).toMatchObject({ source: 'explicit', reason: 'first' });
      }),
    ),
  );

  it(
    'G-33: a deadline that came first stays, too',
    testRun(() =>
      new CancelScope({ relativeDeadline: 0 }).run(async (scope) => {
        scope.cancel('later');
        const error = await thrownBy(checkpoint);
        expect(error).toMatchObject({ source: 'deadline' });
        expect((error as Cancelled).reason).toBeUndefined();
      }),
    ),
  );

  it(
    'G-33: an inner scope takes over the one of its parent, and keeps it',
    testRun(() =>
      new CancelScope().run((outer) =>
        new CancelScope().run(async (inner) => {
          outer.cancel('outer');
          expect(await thrownBy(checkpoint)).toMatchObject({ reason: 'outer' });
          inner.shield = true;
          inner.cancel('inner');
          expect(await thrownBy(checkpoint)).toMatchObject({ reason: 'outer' });
        }),
      ),
    ),
  );

  it(
    'G-33: Cancelled has the cause of the innermost scope',
    testRun(() =>
      new CancelScope().run((outer) =>
        new CancelScope().run(async (inner) => {
          inner.cancel('inner');
          outer.cancel('outer');
          expect(await thrownBy(checkpoint)).toMatchObject({ reason: 'inner' });
        }),
      ),
    ),
  );
});
