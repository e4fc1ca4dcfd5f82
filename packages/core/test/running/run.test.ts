import { describe, expect, it, jest } from '@jest/globals';
import {
  CancelScope,
  Cancelled,
  checkpoint,
  ExceptionGroup,
  InternalError,
  moveOnAfter,
  openNursery,
  run,
  shielded,
  sleep,
  sleepForever,
  StateError,
} from '@tercet/core';
import { currentRootTask, currentTask, inRun, spawnSystemTask } from '@tercet/core/lowlevel';
import { runVirtually, thrownBy } from '../run-virtually.ts';

describe('the value of a run', () => {
  it.each([
    ['at once', (): Promise<number> => Promise.resolve(15)],
    ['after a checkpoint', (): Promise<number> => checkpoint().then(() => 15)],
    ['from a plain function', (): number => 15],
  ])('RUN-001: is what main returns, %s', async (_title, main) => {
    expect(await runVirtually(main)).toBe(15);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 3],
    ['an object', {}],
  ])('RUN-002: refuses %s in place of main', async (_title, main) => {
    const error = await thrownBy(() => run(main as never));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(/^run\(\) takes a function/);
  });

  it('RUN-003: takes a synchronous main, and its error as well', async () => {
    expect(await runVirtually(() => 'sync')).toBe('sync');
    await expect(
      runVirtually(() => {
        throw new RangeError('sync');
      }),
    ).rejects.toThrow(RangeError);
  });

  it('never throws synchronously', async () => {
    const promise = run(undefined as never);
    await expect(promise).rejects.toThrow(TypeError);
  });
});

describe('the error of a run', () => {
  it('RUN-004: is the very object that main throws', async () => {
    const error = new TypeError('not me');
    expect(await thrownBy(() => runVirtually(() => Promise.reject(error)))).toBe(error);
  });

  it('G-91: is the very value that main throws, even if it is not an error', async () => {
    expect(await thrownBy(() => runVirtually(() => Promise.reject('text' as never)))).toBe('text');
    expect(await thrownBy(() => runVirtually(() => Promise.reject(undefined as never)))).toBeUndefined();
  });

  it('G-91: is a Cancelled as well, with its own source, when main throws one without being cancelled', async () => {
    const error = await thrownBy(() =>
      runVirtually(async () => {
        const handle = await openNursery((nursery) => {
          const victim = nursery.startSoon(sleepForever);
          victim.cancel('not needed');
          return victim;
        });
        await handle!.result();
      }),
    );
    expect(error).toBeInstanceOf(Cancelled);
    expect(error).toMatchObject({ source: 'explicit', reason: 'not needed' });
  });

  it('G-91: keeps the group of a nursery as it is', async () => {
    const group = new ExceptionGroup('mine', [new Error('a'), new ExceptionGroup('inner', [new Error('b')])]);
    expect(await thrownBy(() => runVirtually(() => Promise.reject(group)))).toBe(group);
  });
});

describe('runs among each other', () => {
  it('RUN-005: refuses to run inside a run, and says what to do', async () => {
    await runVirtually(async () => {
      const error = await thrownBy(() => run(() => 1));
      expect(error).toBeInstanceOf(StateError);
      expect((error as Error).message).toMatch(/from inside a run.*openNursery/);
    });
  });

  it('RUN-005: lets many runs go on side by side, each with its own tasks', async () => {
    const roots = new Set<unknown>();
    const program = async (n: number): Promise<number> => {
      roots.add(currentRootTask());
      await openNursery((nursery) => {
        for (let i = 0; i < n; i++) nursery.startSoon(sleep, i);
      });
      return n;
    };
    const runs = Array.from({ length: 20 }, (_, n) => runVirtually(() => program(n)));
    expect(await Promise.all(runs)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(roots.size).toBe(20);
  });

  it('RUN-005: lets a hundred runs go on at once, without a warning of Node', async () => {
    const warnings: Error[] = [];
    const listener = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', listener);
    await Promise.all(Array.from({ length: 100 }, () => runVirtually(() => sleep(1))));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listener);
    expect(warnings).toEqual([]);
    expect(process.listenerCount('beforeExit')).toBeLessThanOrEqual(1);
  });

  it('allows a run after a run, from the code that the first one was called in', async () => {
    let later: (() => Promise<number>) | undefined;
    await runVirtually(() => {
      const inside = currentTask();
      later = () => runVirtually(() => (currentTask() === inside ? 1 : 2));
    });
    expect(await later!()).toBe(2);
    expect(inRun()).toBe(false);
  });
});

describe('the end of a run', () => {
  it('G-90: ends main first, then the system tasks, with time to clean up', async () => {
    const order: string[] = [];
    await runVirtually(async () => {
      spawnSystemTask(async () => {
        try {
          await sleepForever();
        } catch (error) {
          order.push((error as Cancelled).source);
          throw error;
        } finally {
          await shielded(() => sleep(100));
          order.push('system task');
        }
      });
      await sleep(10);
      order.push('main');
    });
    expect(order).toEqual(['main', 'shutdown', 'system task']);
  });

  it('cancels with the reason of the signal that was passed', async () => {
    const controller = new AbortController();
    const error = await thrownBy(() =>
      runVirtually(
        async () => {
          controller.abort(new Error('the user has closed the window'));
          await sleep(10);
        },
        { signal: controller.signal },
      ),
    );
    expect(error).toBeInstanceOf(Cancelled);
    expect(error).toMatchObject({ source: 'signal', reason: 'the user has closed the window' });
  });

  it('rejects with the Cancelled itself, even if main ends with a group of them', async () => {
    const controller = new AbortController();
    const error = await thrownBy(() =>
      runVirtually(
        () =>
          openNursery(async (nursery) => {
            nursery.startSoon(sleepForever);
            await sleep(1);
            controller.abort('stop');
            await sleepForever();
          }),
        { signal: controller.signal },
      ),
    );
    expect(error).toBeInstanceOf(Cancelled);
    expect(error).toMatchObject({ source: 'signal', reason: 'stop' });
  });

  it('returns the value of a main that ends in spite of its signal', async () => {
    expect(await runVirtually(() => 7, { signal: AbortSignal.abort() })).toBe(7);
    const value = await runVirtually(() => shielded(() => sleep(5).then(() => 8)), { signal: AbortSignal.abort() });
    expect(value).toBe(8);
  });

  it('lets the error of a main that fails while it is cancelled come out, without the Cancelled beside it', async () => {
    const error = await thrownBy(() =>
      runVirtually(
        () =>
          openNursery((nursery) => {
            nursery.startSoon(sleepForever);
            nursery.startSoon(async () => {
              try {
                await sleepForever();
              } finally {
                failInCleanup();
              }
            });
          }),
        { signal: AbortSignal.abort('stop') },
      ),
    );
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect((error as ExceptionGroup).leaves()).toEqual([new TypeError('cleanup')]);
  });

  it('takes its listener off the signal again', async () => {
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const removed = jest.spyOn(signal, 'removeEventListener');
    for (let i = 0; i < 5; i++) {
      await runVirtually(() => new CancelScope({ signal }).run(() => sleep(1)), { signal });
    }
    // One for the run and the scope in it.
    expect(added).toHaveBeenCalledTimes(5);
    expect(removed).toHaveBeenCalledTimes(5);
  });

  it('fails with an InternalError whose cause is the error, for every result of main', async () => {
    const error = await thrownBy(() =>
      runVirtually(async () => {
        spawnSystemTask(() => {
          throw new TypeError('broken library');
        });
        await moveOnAfter(10, () => sleepForever());
        return 'fine';
      }),
    );
    expect(error).toBeInstanceOf(InternalError);
    expect(((error as Error).cause as ExceptionGroup).leaves()).toEqual([new TypeError('broken library')]);
  });
});

function failInCleanup(): never {
  throw new TypeError('cleanup');
}
