import { describe, expect, it } from '@jest/globals';
import {
  Cancelled,
  checkpoint,
  ExceptionGroup,
  InternalError,
  openNursery,
  shielded,
  sleep,
  sleepForever,
  StateError,
} from '@tercet/core';
import {
  currentRootTask,
  currentRunToken,
  currentTask,
  spawnSystemTask,
  waitAllTasksBlocked,
} from '@tercet/core/lowlevel';
import { AsyncLocalStorage } from 'node:async_hooks';
import { runVirtually, thrownBy } from '../run-virtually.ts';

describe('system tasks', () => {
  it('RUN-110: run with their arguments, as children of the root', async () => {
    const seen: unknown[] = [];
    await runVirtually(async () => {
      const root = currentRootTask();
      const task = spawnSystemTask(
        (a: number, b: string) => {
          seen.push(a, b, currentTask() === task, currentTask().parentNursery!.parentTask === root);
        },
        7,
        'x',
      );
      expect(seen).toEqual([]);
      await waitAllTasksBlocked();
    });
    expect(seen).toEqual([7, 'x', true, true]);
  });

  it('G-92: end with main, cancelled, and their Cancelled is not a failure', async () => {
    const ends: unknown[] = [];
    const value = await runVirtually(async () => {
      spawnSystemTask(async () => {
        await sleepForever().catch((error: unknown) => {
          ends.push(error);
          throw error;
        });
      });
      await checkpoint();
      await checkpoint();
      return 'main';
    });
    expect(value).toBe('main');
    expect(ends).toEqual([expect.any(Cancelled)]);
  });

  it('RUN-111: fail the run with an InternalError, and main is cancelled', async () => {
    let main: unknown;
    const error = await thrownBy(() =>
      runVirtually(async () => {
        spawnSystemTask(async () => {
          await checkpoint();
          throw new TypeError('lost');
        });
        main = await thrownBy(() => sleepForever());
        throw main;
      }),
    );
    expect(main).toBeInstanceOf(Cancelled);
    expect(error).toBeInstanceOf(InternalError);
    const { cause } = error as Error;
    expect(cause).toBeInstanceOf(ExceptionGroup);
    const [inner] = (cause as ExceptionGroup).errors as [ExceptionGroup];
    expect(inner).toBeInstanceOf(ExceptionGroup);
    expect(inner.errors).toEqual([new TypeError('lost')]);
  });

  it('RUN-113: fail the run when they turn the end into an error, and the Cancelled beside it is left out', async () => {
    const error = await thrownBy(() =>
      runVirtually(async () => {
        spawnSystemTask(() =>
          openNursery((nursery) => {
            nursery.startSoon(sleepForever);
            nursery.startSoon(async () => {
              await thrownBy(() => sleepForever());
              throw new RangeError('instead');
            });
          }),
        );
        await checkpoint();
        await checkpoint();
      }),
    );
    expect(error).toBeInstanceOf(InternalError);
    expect(((error as Error).cause as ExceptionGroup).leaves()).toEqual([new RangeError('instead')]);
  });

  it('G-92: cannot be started when the run is ending, nor with anything but a function', async () => {
    let late: unknown;
    await runVirtually(async () => {
      expect(() => spawnSystemTask(Promise.resolve() as never)).toThrow(TypeError);
      spawnSystemTask(async () => {
        try {
          await sleepForever();
        } finally {
          await shielded(() => sleep(1));
          const inShutdown = spawnSystemTask(() => (late = 'still run'));
          expect(inShutdown.name).toBe('<anonymous>');
        }
      });
      await checkpoint();
    });
    expect(late).toBe('still run');
  });

  it('C-0: which start their successors when they are cancelled cannot keep the run from ending', async () => {
    let started = 0;
    const error = await thrownBy(() =>
      runVirtually(async () => {
        const successor = async (): Promise<void> => {
          started++;
          try {
            await sleepForever();
          } finally {
            spawnSystemTask(successor);
          }
        };
        spawnSystemTask(successor);
        await checkpoint();
      }),
    );
    expect(started).toBe(2);
    expect(error).toBeInstanceOf(InternalError);
    expect(((error as Error).cause as ExceptionGroup).leaves()).toEqual([expect.any(StateError)]);
  });

  it('C-0: which start their successors by runSoon() cannot keep the run from ending either', async () => {
    const refusals: unknown[] = [];
    await runVirtually(async () => {
      const token = currentRunToken();
      const start = (): void => {
        try {
          spawnSystemTask(successor);
        } catch (refusal) {
          refusals.push(refusal);
        }
      };
      const successor = async (): Promise<void> => {
        try {
          await sleepForever();
        } finally {
          token.runSoon(start);
        }
      };
      start();
      await checkpoint();
    });
    expect(refusals).toEqual([expect.any(StateError)]);
  });

  it("G-92: do not see later values of the caller's async context, only those of the call of run()", async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    await storage.run('around the run', () =>
      runVirtually(() =>
        storage.run('caller', async () => {
          spawnSystemTask(() => seen.push(storage.getStore()));
          await checkpoint();
        }),
      ),
    );
    expect(seen).toEqual(['around the run']);
  });
});
