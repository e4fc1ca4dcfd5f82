import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import {
  Cancelled,
  CancelScope,
  ClosedResourceError,
  currentEffectiveDeadline,
  currentTime,
  ExceptionGroup,
  failAfter,
  moveOnAfter,
  openNursery,
  openPortal,
  RunFinishedError,
  run,
  sleep,
  sleepForever,
  StateError,
  TaskFailedError,
  TooSlowError,
  UnawaitedError,
} from '@tercet/core';
import type { Portal } from '@tercet/core';
import { currentLocals, currentTask, inTask, runOutside, setCurrentLocals } from '@tercet/core/lowlevel';
import { runVirtually, thrownBy } from '../run-virtually.ts';

describe('portal.call', () => {
  it('PO-1: runs a function that is handed in from outside of every run', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        const promise = runOutside(() =>
          portal.call(async () => {
            await sleep(10);
            return currentTask().name;
          }),
        );
        expect(portal.active).toBe(1);
        await sleep(20);
        expect(await promise).toMatch(/anonymous|call/);
        expect(portal.active).toBe(0);
      }),
    );
  });

  it('PO-1: runs a function that an emitter hands in, in the context of a task that has ended', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        const emitter = new EventEmitter();
        let answer: Promise<string> | undefined;
        let emit: (() => void) | undefined;
        await openNursery((nursery) => {
          nursery.startSoon(() => {
            emitter.on('request', () => {
              answer = portal.call(async () => {
                await sleep(1);
                return 'answered';
              });
            });
            // Keeps this context, as a socket that the task has opened would.
            emit = bind(() => emitter.emit('request'));
          });
        });
        emit?.();
        await sleep(5);
        expect(await answer).toBe('answered');
      }),
    );
  });

  it('PO-1: runs a function that is handed in by another run', async () => {
    await run(() =>
      openPortal(async (portal) => {
        const other = runOutside(() => run(() => portal.call(() => currentTask().name, { name: 'guest' })));
        expect(await other).toBe('guest');
      }),
    );
  });

  it("PO-2: lets it see the stores of other libraries that its caller sees, and Tercet's values of its caller", async () => {
    const store = new AsyncLocalStorage<string>();
    await runVirtually(() =>
      openPortal(async (portal) => {
        setCurrentLocals('opener');
        const seen: unknown[] = [];
        const look = (): void => void seen.push([store.getStore(), currentLocals()]);
        await openNursery((nursery) => {
          nursery.startSoon(async () => {
            setCurrentLocals('task');
            await store.run('mine', () => portal.call(look));
          });
        });
        await store.run('outer', () => runOutside(() => portal.call(look)));
        expect(seen).toEqual([
          ['mine', 'task'],
          [undefined, 'opener'],
        ]);
      }),
    );
  });

  it('PO-2: sets values that no other code sees', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        setCurrentLocals('opener');
        await portal.call(() => setCurrentLocals('inside'));
        expect(currentLocals()).toBe('opener');
      }),
    );
  });

  it('PO-3: gives its error to its promise alone, and the portal goes on', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        const boom = new Error('boom');
        const promise = runOutside(() =>
          portal.call(() => {
            throw boom;
          }),
        );
        expect(await thrownBy(() => promise)).toBe(boom);
        expect(await portal.call(() => 'still open')).toBe('still open');
      }),
    );
  });

  it('PO-3: gives the error of a forgotten await to its promise alone', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        const error = await thrownBy(() =>
          runOutside(() =>
            portal.call(() => {
              void sleep(10);
            }),
          ),
        );
        expect(error).toBeInstanceOf(UnawaitedError);
      }),
    );
  });

  it('PO-5: is cancelled by its signal, and rejects with the reason of it, when the task has ended', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        const controller = new AbortController();
        const events: string[] = [];
        const promise = runOutside(() =>
          portal.call(
            async () => {
              try {
                await sleepForever();
              } finally {
                events.push('cleaned up');
              }
            },
            { signal: controller.signal },
          ),
        );
        void promise.catch(() => events.push('rejected'));
        await sleep(5);
        const reason = new Error('gone');
        controller.abort(reason);
        expect(await thrownBy(() => promise)).toBe(reason);
        expect(events).toEqual(['cleaned up', 'rejected']);
      }),
    );
  });

  it('PO-5: keeps a result that comes in spite of its signal', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        const controller = new AbortController();
        const promise = portal.call(
          async () => {
            await sleep(1).catch(() => undefined);
            return 'kept';
          },
          { signal: controller.signal },
        );
        controller.abort();
        expect(await promise).toBe('kept');
      }),
    );
  });

  it('PO-5: rejects with a TooSlowError after its timeout', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        const begin = currentTime();
        let end = NaN;
        const call = async (): Promise<never> => {
          try {
            return await sleepForever();
          } finally {
            end = currentTime();
          }
        };
        const failed = thrownBy(() => runOutside(() => portal.call(call, { timeout: { seconds: 1 } })));
        await sleep(2000);
        expect(await failed).toBeInstanceOf(TooSlowError);
        expect(((await failed) as Error).message).toContain('1000 ms');
        expect(end - begin).toBe(1000);
      }),
    );
  });

  it('PO-5: rejects with Cancelled when the portal is cancelled', async () => {
    let promise: Promise<unknown> | undefined;
    await runVirtually(async () => {
      await moveOnAfter(10, () =>
        openPortal(async (portal) => {
          promise = runOutside(() => portal.call(sleepForever));
          await sleepForever();
        }),
      );
    });
    expect(await thrownBy(() => promise)).toBeInstanceOf(Cancelled);
  });

  it('PO-6: rejects when the portal is closed, or its run has ended, and the rejection need not be handled', async () => {
    let kept: Portal | undefined;
    await runVirtually(() =>
      openPortal(async (portal) => {
        kept = portal;
        portal.close();
        void portal.call(() => 1);
        expect(await thrownBy(() => runOutside(() => portal.call(() => 1)))).toBeInstanceOf(ClosedResourceError);
        expect(await thrownBy(() => portal.call(() => 1))).toBeInstanceOf(ClosedResourceError);
      }),
    );
    void kept?.call(() => 1);
    expect(await thrownBy(() => kept?.call(() => 1))).toBeInstanceOf(RunFinishedError);
  });

  it('PO-7: is waited for when the body has ended', async () => {
    let done = false;
    await runVirtually(async () => {
      await openPortal((portal) => {
        void runOutside(() =>
          portal.call(async () => {
            await sleep(50);
            done = true;
          }),
        );
      });
      expect(done).toBe(true);
    });
  });

  it('PO-7: is waited for when a framework has made it in the context of the body, and the body has ended', async () => {
    let done = false;
    const value = await runVirtually(() =>
      openPortal(async (portal) => {
        // Called back later, and yet in the async context of the body, as the handlers of a server are.
        setImmediate(() => {
          void portal.call(async () => {
            await sleep(50);
            done = true;
          });
        });
        await sleep(10);
        return 'value';
      }),
    );
    expect([value, done]).toEqual(['value', true]);
  });

  it('PO-7: ends with the scopes around the portal when the body has ended', async () => {
    await runVirtually(async () => {
      const begin = currentTime();
      await moveOnAfter(30, () =>
        openPortal((portal) => {
          runOutside(() => portal.call(sleepForever)).catch(() => undefined);
        }),
      );
      expect(currentTime() - begin).toBe(30);
    });
  });

  it("PO-8: is reached by the deadline of its caller's scope, and waits for its task to end", async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        const events: string[] = [];
        const error = await thrownBy(() =>
          failAfter(10, () =>
            portal.call(async () => {
              try {
                await sleepForever();
              } finally {
                events.push('ended');
              }
            }),
          ),
        );
        expect(error).toBeInstanceOf(TooSlowError);
        expect(events).toEqual(['ended']);
      }),
    );
  });

  it('PO-8: does not begin in a scope that is cancelled', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        let begun = false;
        await new CancelScope().run(async (scope) => {
          scope.cancel();
          await portal.call(() => {
            begun = true;
          });
        });
        expect(begun).toBe(false);
        expect(portal.active).toBe(0);
      }),
    );
  });

  it('PO-8: lives under the scopes of the portal, not those of its caller', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        expect(await failAfter(10, () => portal.call(() => currentEffectiveDeadline()))).toBe(Infinity);
      }),
    );
  });

  it('PO-8: has to be awaited by the task that calls it', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        const error = await thrownBy(() =>
          new CancelScope().run(() => {
            void portal.call(sleepForever).catch(() => undefined);
          }),
        );
        expect(error).toBeInstanceOf(UnawaitedError);
      }),
    );
  });

  it('rejects for a value that is not a function, a duration or a signal', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        expect(await thrownBy(() => portal.call(1 as never))).toBeInstanceOf(TypeError);
        expect(await thrownBy(() => portal.call(() => 1, { timeout: -1 }))).toBeInstanceOf(RangeError);
        expect(await thrownBy(() => portal.call(() => 1, { signal: {} as never }))).toBeInstanceOf(TypeError);
        expect(portal.active).toBe(0);
      }),
    );
  });
});

describe('portal.spawn', () => {
  it('PO-4: starts a task whose failure ends the portal', async () => {
    const error = await runVirtually(() =>
      thrownBy(() =>
        openPortal(async (portal) => {
          runOutside(() =>
            portal.spawn((text: string) => {
              throw new RangeError(text);
            }, 'boom'),
          );
          await sleepForever();
        }),
      ),
    );
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect((error as ExceptionGroup).errors).toEqual([new RangeError('boom')]);
  });

  it('PO-6: returns a handle that has failed when the portal is closed', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        portal.close();
        const handle = portal.spawn(function late() {
          return 1;
        });
        expect([handle.name, handle.state]).toEqual(['late', 'failed']);
        handle.cancel();
        await handle.join();
        const error = await thrownBy(() => handle.result());
        expect(error).toBeInstanceOf(TaskFailedError);
        expect((error as Error).cause).toBeInstanceOf(ClosedResourceError);
      }),
    );
  });

  it('PO-6: returns a handle that has failed when the run has ended', async () => {
    let kept: Portal | undefined;
    await runVirtually(() =>
      openPortal((portal) => {
        kept = portal;
      }),
    );
    expect(kept?.spawn(() => 1).state).toBe('failed');
  });
});

describe('portal.drain', () => {
  it('closes the portal and waits for its calls and tasks', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        const begin = currentTime();
        const promise = runOutside(() => portal.call(() => sleep(30).then(() => 'done')));
        await portal.drain();
        expect(currentTime() - begin).toBe(30);
        expect(await promise).toBe('done');
        expect(await thrownBy(() => portal.call(() => 1))).toBeInstanceOf(ClosedResourceError);
      }),
    );
  });

  it('cancels the tasks that have not ended after its timeout, and waits for their cleanup', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        let inside: boolean | undefined;
        const promise = runOutside(() =>
          portal.call(async () => {
            try {
              await sleepForever();
            } finally {
              inside = inTask();
            }
          }),
        );
        const failed = thrownBy(() => promise);
        const handle = portal.spawn(sleepForever);
        await portal.drain({ timeout: 20 });
        expect(portal.active).toBe(0);
        expect(inside).toBe(true);
        expect(handle.state).toBe('cancelled');
        expect(await failed).toBeInstanceOf(Cancelled);
        expect(((await failed) as Cancelled).reason).toContain('20 ms');
      }),
    );
  });

  it('refuses to wait for the task that calls it', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        const error = await thrownBy(() => portal.call(() => openNursery(() => portal.drain())));
        const [leaf] = (error as ExceptionGroup).leaves();
        expect(leaf).toBeInstanceOf(StateError);
        expect(await portal.call(() => 'still open')).toBe('still open');
      }),
    );
  });

  it('is a checkpoint when nothing runs', async () => {
    await runVirtually(() =>
      openPortal(async (portal) => {
        let reached = false;
        await new CancelScope().run(async (scope) => {
          scope.cancel();
          await portal.drain();
          reached = true;
        });
        expect(reached).toBe(false);
        await portal.drain();
      }),
    );
  });
});

/** The function, with the async context of the caller. */
function bind<R>(fn: () => R): () => R {
  return AsyncLocalStorage.bind(fn);
}

it('PO-1: calls the function without arguments, so that its own defaults hold', async () => {
  const listUsers = async (limit = 10): Promise<number> => limit;
  await runVirtually(() =>
    openPortal(async (portal) => {
      expect(await portal.call(listUsers)).toBe(10);
    }),
  );
});
