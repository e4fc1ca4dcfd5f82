import { describe, expect, it } from '@jest/globals';
import {
  Cancelled,
  CancelScope,
  checkpoint,
  currentEffectiveDeadline,
  currentTime,
  isShuttingDown,
  moveOnAfter,
  openNursery,
  openPortal,
  shielded,
  sleep,
  sleepForever,
  TASK_STATUS_IGNORED,
  untilShutdown,
} from '@tercet/core';
import type { CancelSource, TaskStatus } from '@tercet/core';
import { runVirtually, thrownBy } from '../run-virtually.ts';

/** Waits until it is cancelled. @returns the source and the reason. */
async function whyCancelled(): Promise<[CancelSource, string | undefined]> {
  const error = await thrownBy(sleepForever);
  return [(error as Cancelled).source, (error as Cancelled).reason];
}

describe('shutdown', () => {
  it('SD-1: marks the scope, and the first reason stays', async () => {
    await runVirtually(() =>
      new CancelScope().run(async (scope) => {
        expect([scope.shutdownCalled, isShuttingDown()]).toEqual([false, false]);
        scope.shutdown({ grace: 10, reason: 'update' });
        scope.shutdown({ reason: 'another' });
        expect([scope.shutdownCalled, isShuttingDown(), scope.cancelCalled]).toEqual([true, true, false]);
        expect(await whyCancelled()).toEqual(['shutdown', 'update']);
      }),
    );
  });

  it('SD-1: takes a shorter grace from a second call, and no longer one', async () => {
    await runVirtually(async () => {
      const endOf = async (...graces: (number | undefined)[]): Promise<number> => {
        const begin = currentTime();
        await new CancelScope().run(async (scope) => {
          for (const grace of graces) scope.shutdown(grace === undefined ? {} : { grace });
          await sleepForever();
        });
        return currentTime() - begin;
      };
      expect(await endOf(100, 50)).toBe(50);
      expect(await endOf(50, 100)).toBe(50);
      expect(await endOf(undefined, 30)).toBe(30);
      expect(await endOf(30, undefined)).toBe(30);
      expect(await endOf(100, 0)).toBe(0);
    });
  });

  it('SD-2: reaches all that is below the scope, in other tasks, too, and nothing above it', async () => {
    await runVirtually(async () => {
      const seen: boolean[] = [];
      await new CancelScope().run((scope) =>
        openNursery((nursery) => {
          nursery.startSoon(async () => {
            await checkpoint();
            seen.push(isShuttingDown());
          });
          scope.shutdown();
        }),
      );
      expect([...seen, isShuttingDown()]).toEqual([true, false]);
    });
  });

  it('SD-2: is hidden by a shield, as a cancellation is', async () => {
    await runVirtually(() =>
      new CancelScope().run(async (scope) => {
        scope.shutdown({ grace: 100 });
        await shielded(async () => {
          expect(isShuttingDown()).toBe(false);
          await untilShutdown(() => sleep(10));
        });
        await new CancelScope({ shield: true }).run((inner) => {
          expect(isShuttingDown()).toBe(false);
          inner.shutdown();
          expect(isShuttingDown()).toBe(true);
        });
        expect(isShuttingDown()).toBe(true);
      }),
    );
  });

  it('SD-2: reaches operations behind a shield when the shield is removed', async () => {
    await runVirtually(() =>
      new CancelScope().run(async (outer) => {
        const inner = new CancelScope({ shield: true });
        await openNursery((nursery) => {
          nursery.startSoon(async () => {
            await sleep(10);
            outer.shutdown();
            await sleep(10);
            inner.shield = false;
          });
          nursery.startSoon(async () => {
            await inner.run(() => untilShutdown(sleepForever));
            expect(currentTime()).toBe(20);
          });
        });
      }),
    );
  });

  it('SD-2: reaches a task that is moved below the scope by started()', async () => {
    await runVirtually(async () => {
      const serve = async (taskStatus: TaskStatus<void> = TASK_STATUS_IGNORED): Promise<void> => {
        await untilShutdown(async () => {
          await sleep(5);
          taskStatus.started();
          await sleepForever();
        });
      };
      await openNursery(async (nursery) => {
        nursery.cancelScope.shutdown();
        await new CancelScope({ shield: true }).run(() => nursery.start(serve));
      });
      expect(currentTime()).toBe(5);
    });
  });

  it('SD-3: ends the body of untilShutdown, and disturbs nothing else', async () => {
    await runVirtually(() =>
      new CancelScope().run(async (scope) => {
        const events: string[] = [];
        await openNursery((nursery) => {
          nursery.startSoon(async () => {
            expect(await untilShutdown(sleepForever)).toBeUndefined();
            events.push(`accepting ended at ${currentTime()}`);
            await sleep(5);
            events.push('and its task goes on');
          });
          nursery.startSoon(async () => {
            await sleep(30);
            events.push(`handler ended at ${currentTime()}`);
          });
          nursery.startSoon(async () => {
            await sleep(10);
            scope.shutdown();
          });
        });
        expect(events).toEqual(['accepting ended at 10', 'and its task goes on', 'handler ended at 30']);
      }),
    );
  });

  it('SD-3: returns the value of a body that ends before the shutdown', async () => {
    await runVirtually(() =>
      new CancelScope().run(async (scope) => {
        expect(await untilShutdown(() => 'value')).toBe('value');
        scope.shutdown();
        expect(await untilShutdown(() => 'without a checkpoint')).toBe('without a checkpoint');
      }),
    );
  });

  it('SD-3: lets a body that is entered later meet Cancelled at its first checkpoint', async () => {
    await runVirtually(() =>
      new CancelScope().run(async (scope) => {
        scope.shutdown({ reason: 'over' });
        let error: unknown;
        const result = await untilShutdown(async () => {
          error = await thrownBy(checkpoint);
          throw error;
        });
        expect(result).toBeUndefined();
        expect([(error as Cancelled).source, (error as Cancelled).reason]).toEqual(['shutdown', 'over']);
        await checkpoint();
      }),
    );
  });

  it('SD-3: passes on a cancellation that comes from outside', async () => {
    await runVirtually(async () => {
      const scope = new CancelScope({ relativeDeadline: 10 });
      let reached = false;
      await scope.run(async () => {
        await untilShutdown(sleepForever);
        reached = true;
      });
      expect([scope.cancelledCaught, reached]).toEqual([true, false]);
    });
  });

  it('SD-4: cancels the scope when the grace is over, with the source shutdown', async () => {
    await runVirtually(async () => {
      const scope = new CancelScope();
      await scope.run(async () => {
        scope.shutdown({ grace: { seconds: 1 } });
        expect(currentEffectiveDeadline()).toBe(currentTime() + 1000);
        expect(await whyCancelled()).toEqual(['shutdown', undefined]);
        expect(currentTime()).toBe(1000);
        await checkpoint();
      });
      expect([scope.cancelledCaught, scope.deadline]).toEqual([true, Infinity]);
    });
  });

  it('SD-4: cancels at once with a grace of 0', async () => {
    await runVirtually(() =>
      new CancelScope().run(async (scope) => {
        scope.shutdown({ grace: 0 });
        expect(scope.cancelCalled).toBe(true);
        expect(currentEffectiveDeadline()).toBe(-Infinity);
        expect(await whyCancelled()).toEqual(['shutdown', undefined]);
      }),
    );
  });

  it('SD-4: leaves no deadline behind when the scope ends within the grace', async () => {
    await runVirtually(async () => {
      await new CancelScope().run((scope) => scope.shutdown({ grace: 1000 }));
      await new CancelScope().run((scope) => {
        scope.shutdown({ grace: 1000 });
        scope.cancel();
      });
      expect(currentEffectiveDeadline()).toBe(Infinity);
    });
  });

  it('SD-5: begins the grace period with entering when it was shut down before', async () => {
    await runVirtually(async () => {
      const scope = new CancelScope();
      scope.shutdown({ grace: 20 });
      expect(scope.shutdownCalled).toBe(true);
      await sleep(50);
      await scope.run(async () => {
        expect(isShuttingDown()).toBe(true);
        await sleepForever();
      });
      expect(currentTime()).toBe(70);
    });
  });

  it('SD-6: lets a shielded block in untilShutdown finish first', async () => {
    await runVirtually(() =>
      new CancelScope().run(async (scope) => {
        let finished = false;
        await openNursery((nursery) => {
          nursery.startSoon(() =>
            untilShutdown(async () => {
              await shielded(async () => {
                await sleep(30);
                finished = true;
              });
              await sleepForever();
            }),
          );
          nursery.startSoon(async () => {
            await sleep(10);
            scope.shutdown();
          });
        });
        expect([finished, currentTime()]).toEqual([true, 30]);
      }),
    );
  });

  it('SD-9: closes a portal, which drains', async () => {
    await runVirtually(async () => {
      let refused: unknown;
      let done = false;
      await new CancelScope().run((scope) =>
        openPortal(async (portal) => {
          portal.spawn(async () => {
            await sleep(20);
            done = true;
          });
          scope.shutdown();
          refused = await thrownBy(() => portal.call(() => 1));
        }),
      );
      expect((refused as Error).name).toBe('ClosedResourceError');
      expect([done, currentTime()]).toEqual([true, 20]);
    });
  });

  it('SD-10: has an AbortSignal, which aborts at a shutdown from outside as well', async () => {
    await runVirtually(() =>
      new CancelScope().run(async (outer) => {
        const early = new CancelScope();
        const signal = early.shutdownSignal;
        await early.run(async (inner) => {
          expect(inner.shutdownSignal).toBe(signal);
          expect(signal.aborted).toBe(false);
          outer.shutdown({ reason: 'update' });
          expect(signal.aborted).toBe(true);
          expect((signal.reason as Cancelled).source).toBe('shutdown');
          expect(inner.signal.aborted).toBe(false);
          await checkpoint();
        });
        const late = new CancelScope();
        await late.run(() => expect(late.shutdownSignal.aborted).toBe(true));
      }),
    );
  });

  it('SD-10: aborts that signal when the scope is cancelled without a shutdown', async () => {
    await runVirtually(async () => {
      await moveOnAfter(10, async (scope) => {
        const { shutdownSignal } = scope;
        await thrownBy(sleepForever);
        expect(shutdownSignal.aborted).toBe(true);
      });
      const left = new CancelScope();
      await left.run(() => undefined);
      expect(left.shutdownSignal.aborted).toBe(false);
    });
  });

  it('refuses a grace that is not a duration', async () => {
    await runVirtually(() =>
      new CancelScope().run((scope) => {
        expect(() => scope.shutdown({ grace: -1 })).toThrow(RangeError);
        expect(scope.shutdownCalled).toBe(false);
      }),
    );
  });
});
