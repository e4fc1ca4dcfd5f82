import { describe, expect, it } from '@jest/globals';
import {
  CancelScope,
  Cancelled,
  checkpoint,
  currentTime,
  ExceptionGroup,
  moveOnAfter,
  openNursery,
  run,
  shielded,
  sleep,
  sleepForever,
  StateError,
} from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { currentTask, suspend, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { runVirtually, thrownBy } from '../run-virtually.ts';

const boom = (): never => {
  throw new TypeError('boom');
};

/** The group that comes out of a nursery with this body. */
async function groupOf(body: (nursery: Nursery) => unknown): Promise<ExceptionGroup> {
  const error = await thrownBy(() => runVirtually(() => openNursery(body)));
  expect(error).toBeInstanceOf(ExceptionGroup);
  return error as ExceptionGroup;
}

describe('errors', () => {
  it('RUN-007: of the body come out in a group, that very object', async () => {
    const error = new TypeError('body');
    const group = await groupOf(() => Promise.reject(error));
    expect(group.errors).toHaveLength(1);
    expect(group.errors[0]).toBe(error);
  });

  it('RUN-008: of a child come out in a group, that very object', async () => {
    const error = new TypeError('child');
    const group = await groupOf((nursery) => void nursery.startSoon(() => Promise.reject(error)));
    expect(group.errors).toHaveLength(1);
    expect(group.errors[0]).toBe(error);
  });

  it('RUN-010: of one child cancel its sibling', async () => {
    let sibling: unknown;
    const group = await groupOf((nursery) => {
      nursery.startSoon(async () => {
        sibling = await thrownBy(sleepForever);
        throw sibling;
      });
      nursery.startSoon(boom);
    });
    expect(sibling).toBeInstanceOf(Cancelled);
    expect(group.errors).toEqual([new TypeError('boom')]);
  });

  it('RUN-011: of the body and of a child come out together', async () => {
    const group = await groupOf((nursery) => {
      nursery.startSoon(boom);
      throw new RangeError('body');
    });
    expect(group.errors).toEqual([new RangeError('body'), new TypeError('boom')]);
  });

  it('RUN-012: of two children come out together', async () => {
    const group = await groupOf((nursery) => {
      nursery.startSoon(boom);
      nursery.startSoon(() => Promise.reject(new RangeError('second')));
    });
    expect(new Set((group.errors as Error[]).map(({ message }) => message))).toEqual(new Set(['boom', 'second']));
  });

  it('RUN-013: of a child wake a body that is blocked for ever', async () => {
    let body: unknown;
    await groupOf(async (nursery) => {
      nursery.startSoon(boom);
      body = await thrownBy(sleepForever);
      throw body;
    });
    expect(body).toBeInstanceOf(Cancelled);
  });

  it('RUN-204: keep the stack of the child, with nothing of the framework on top', async () => {
    const group = await groupOf((nursery) => {
      nursery.startSoon(async function innermost() {
        await checkpoint();
        throw new TypeError('with a stack');
      });
    });
    const [first, top] = (group.errors[0] as Error).stack!.split('\n');
    expect(first).toBe('TypeError: with a stack');
    expect(top).toMatch(/innermost/);
  });

  it('G-36: cancel the nursery with a reason, and it waits for the cleanup of all', async () => {
    const order: string[] = [];
    await groupOf((nursery) => {
      nursery.startSoon(async () => {
        try {
          await sleepForever();
        } catch (error) {
          order.push((error as Cancelled).source);
          await shielded(() => sleep(20));
          order.push(`cleaned up at ${currentTime()}`);
          throw error;
        }
      });
      nursery.startSoon(async () => {
        await sleep(10);
        boom();
      });
    });
    expect(order).toEqual(['nursery', 'cleaned up at 30']);
  });

  it('G-38: are a group even when there is only one, at every level', async () => {
    const group = await groupOf((outer) => {
      outer.startSoon(() => openNursery((inner) => void inner.startSoon(boom)));
    });
    expect(group.errors).toEqual([expect.any(ExceptionGroup)]);
    expect((group.errors[0] as ExceptionGroup).errors).toEqual([new TypeError('boom')]);
  });

  it(
    'G-38: that are only Cancelled vanish when the nursery itself was cancelled',
    testRun(async () => {
      const value = await openNursery(async (nursery) => {
        nursery.startSoon(sleepForever);
        nursery.startSoon(() => openNursery((inner) => void inner.startSoon(sleepForever)));
        await waitAllTasksBlocked();
        nursery.cancelScope.cancel();
        await checkpoint();
        return 'not reached';
      });
      expect(value).toBeUndefined();
    }),
  );

  it(
    'G-38: travel on with the Cancelled when it was an outer scope that was cancelled',
    testRun(async () => {
      const scope = new CancelScope();
      let inside: unknown;
      await scope.run(async () => {
        inside = await thrownBy(() =>
          openNursery(async (nursery) => {
            nursery.startSoon(sleepForever);
            await waitAllTasksBlocked();
            scope.cancel();
          }),
        );
        throw inside;
      });
      expect(inside).toBeInstanceOf(ExceptionGroup);
      expect((inside as ExceptionGroup).leaves()).toEqual([expect.any(Cancelled)]);
      expect(scope.cancelledCaught).toBe(true);
    }),
  );

  it('G-54: stand in the order in which they came', async () => {
    const group = await groupOf((nursery) => {
      for (const n of [3, 1, 2]) {
        nursery.startSoon(async () => {
          await shielded(() => sleep(n));
          throw new Error(String(n));
        });
      }
    });
    expect((group.errors as Error[]).map(({ message }) => message)).toEqual(['1', '2', '3']);
  });

  it('RUN-197: user groups are wrapped like any other error, and never altered', async () => {
    const mine = new ExceptionGroup('mine', [new TypeError('a'), new RangeError('b')]);
    const group = await groupOf((nursery) => void nursery.startSoon(() => Promise.reject(mine)));
    expect(group.errors).toEqual([mine]);
    expect(group.errors[0]).toBe(mine);
  });

  it('RUN-200: G-39: one error and two errors both come in a group', async () => {
    expect((await groupOf(boom)).errors).toHaveLength(1);
    const two = await groupOf((nursery) => {
      nursery.startSoon(boom);
      boom();
    });
    expect(two.errors).toHaveLength(2);
  });

  it('RUN-201: nested nurseries do not collapse when Cancelled was taken out of them', async () => {
    const group = await groupOf((outer) => {
      outer.startSoon(() =>
        openNursery((inner) => {
          inner.startSoon(sleepForever);
          inner.startSoon(boom);
        }),
      );
      outer.startSoon(sleepForever);
    });
    expect(group.errors).toEqual([expect.any(ExceptionGroup)]);
    expect((group.errors[0] as ExceptionGroup).errors).toEqual([new TypeError('boom')]);
  });

  it('takes a thrown value as it is, even if it is not an error', async () => {
    const group = await groupOf((nursery) => {
      nursery.startSoon(() => Promise.reject(undefined as never));
      nursery.startSoon(() => Promise.reject('text' as never));
    });
    expect(group.errors).toEqual([undefined, 'text']);
  });
});

describe('the end of a nursery', () => {
  it(
    'RUN-009: comes after all children, which go on step by step beside each other',
    testRun(async () => {
      const steps: string[] = [];
      const looper = async (name: string): Promise<void> => {
        for (let i = 0; i < 10; i++) {
          steps.push(`${name}${i}`);
          await checkpoint();
        }
      };
      await openNursery((nursery) => {
        nursery.startSoon(looper, 'a');
        nursery.startSoon(looper, 'b');
      });
      for (let i = 0; i < 10; i++) expect(new Set(steps.slice(2 * i, 2 * i + 2))).toEqual(new Set([`a${i}`, `b${i}`]));
    }),
  );

  it(
    'gives the value of the body, after the time of the longest child',
    testRun(async () => {
      const value = await openNursery((nursery) => {
        nursery.startSoon(sleep, 1000);
        nursery.startSoon(sleep, 1000);
        return 'value';
      });
      expect([value, currentTime()]).toEqual(['value', 1000]);
    }),
  );

  it(
    'G-37: is not a cancellation point: a nursery without one completes in a cancelled scope',
    testRun(async () => {
      await new CancelScope().run(async (scope) => {
        scope.cancel();
        let ran = false;
        expect(
          await openNursery((nursery) => {
            nursery.startSoon(() => void (ran = true));
            return 'well';
          }),
        ).toBe('well');
        expect(ran).toBe(true);
      });
    }),
  );

  it(
    'G-37: does not inject a Cancelled into the parent that waits for its children',
    testRun(async () => {
      const scope = new CancelScope();
      let after = false;
      await scope.run(async () => {
        await openNursery((nursery) => {
          nursery.startSoon(async () => {
            await shielded(() => sleep(50));
          });
          nursery.startSoon(() => scope.cancel());
        });
        after = true;
      });
      expect([after, currentTime(), scope.cancelledCaught]).toEqual([true, 50, false]);
    }),
  );

  it(
    'G-1: lets others go on once, also when there is nothing to wait for, and counts as such',
    testRun(async () => {
      let others = 0;
      await openNursery(async (nursery) => {
        nursery.startSoon(() => void others++);
        const { schedulePoints, cancelPoints } = currentTask();
        await openNursery(() => undefined);
        expect(others).toBe(1);
        expect(currentTask().schedulePoints - schedulePoints).toBeGreaterThanOrEqual(1);
        expect(currentTask().cancelPoints).toBe(cancelPoints);
      });
    }),
  );

  it(
    'G-50: waits when the body returns early, and cancels nothing',
    testRun(async () => {
      let done = false;
      await openNursery((nursery) => {
        nursery.startSoon(async () => {
          await sleep(10);
          done = true;
        });
        for (;;) return;
      });
      expect(done).toBe(true);
    }),
  );

  it(
    'G-51: is not touched by a scope around startSoon, which the task does not live in',
    testRun(async () => {
      let end: string | undefined;
      await openNursery(async (nursery) => {
        await moveOnAfter(10, async () => {
          nursery.startSoon(async () => {
            await sleep(100);
            end = `at ${currentTime()}`;
          });
          await sleep(50);
        });
      });
      expect(end).toBe('at 100');
    }),
  );
});

describe('tasks', () => {
  it(
    'RUN-014: are woken with a value, or with an error',
    testRun(async () => {
      const wakers: { wake: (value: number) => void; fail: (error: unknown) => void }[] = [];
      const wait = (): Promise<number> =>
        suspend<number>('a number', (waker) => {
          wakers.push(waker);
          return () => 'succeeded';
        });
      await openNursery(async (nursery) => {
        nursery.startSoon(() => expect(wait()).resolves.toBe(7));
        nursery.startSoon(() => expect(wait()).rejects.toThrow(RangeError));
        await checkpoint();
        wakers[0]!.wake(7);
        wakers[1]!.fail(new RangeError('no number'));
      });
    }),
  );

  it(
    'RUN-043: that are started in a cancelled nursery begin, and are cancelled at their first blocking call',
    testRun(async () => {
      let begun = false;
      let end: unknown;
      await openNursery((nursery) => {
        nursery.cancelScope.cancel();
        nursery.startSoon(async () => {
          begun = true;
          end = await thrownBy(sleepForever);
          throw end;
        });
      });
      expect(begun).toBe(true);
      expect(end).toBeInstanceOf(Cancelled);
    }),
  );

  it(
    'RUN-155: can be started by a child after the body has ended, and not when the nursery is closed',
    testRun(async () => {
      let late = false;
      const closed = await openNursery((nursery) => {
        nursery.startSoon(async () => {
          await sleep(10);
          nursery.startSoon(async () => {
            await sleep(10);
            late = true;
          });
        });
        return nursery;
      });
      expect(late).toBe(true);
      expect(() => closed!.startSoon(sleepForever)).toThrow(StateError);
      expect(() => closed!.startSoon(sleepForever)).toThrow(/closed/);
    }),
  );

  it(
    'G-6: are not interrupted between two checkpoints',
    testRun(async () => {
      let inside = 0;
      await openNursery((nursery) => {
        for (let n = 0; n < 10; n++) {
          nursery.startSoon(async () => {
            for (let i = 0; i < 20; i++) {
              inside++;
              await Promise.resolve();
              expect(--inside).toBeLessThan(10);
              await checkpoint();
            }
          });
        }
      });
    }),
  );

  it(
    'G-8: SCH-001: begin and go on first come, first served',
    testRun(async () => {
      const order: number[] = [];
      await openNursery((nursery) => {
        for (let n = 0; n < 5; n++) {
          nursery.startSoon(async () => {
            for (let i = 0; i < 50; i++) {
              order.push(n);
              await checkpoint();
            }
          });
        }
      });
      expect(order).toEqual(Array.from({ length: 250 }, (_, i) => i % 5));
    }),
  );

  it(
    'a hundred thousand live in one nursery',
    testRun(async () => {
      let ended = 0;
      await openNursery(async (nursery) => {
        for (let i = 0; i < 100_000; i++) {
          nursery.startSoon(async () => {
            try {
              await sleepForever();
            } finally {
              ended++;
            }
          });
        }
        await waitAllTasksBlocked();
        expect(nursery.childTasks.size).toBe(100_000);
        nursery.cancelScope.cancel();
      });
      expect(ended).toBe(100_000);
    }),
    // For a test that hangs, as everywhere: on a busy machine this one takes half a minute.
    180_000,
  );
});

describe('misuse', () => {
  it('RUN-006: outside of a run is an error that says what to do', async () => {
    const error = await thrownBy(() => openNursery(() => undefined));
    expect(error).toBeInstanceOf(StateError);
    expect((error as Error).message).toMatch(/outside of a run; .*run\(\)/);
  });

  it.each(['startSoon', 'start', 'openNursery', 'run'] as const)(
    'RUN-160: UTL-002: a promise in place of the function of %s is a TypeError that shows the fix',
    async (name) => {
      const error = (await thrownBy(() =>
        name === 'run'
          ? run(Promise.resolve() as never)
          : runVirtually(async () => {
              if (name === 'openNursery') return openNursery(Promise.resolve() as never);
              const group = await thrownBy(() =>
                openNursery((nursery): unknown =>
                  name === 'start'
                    ? nursery.start(Promise.resolve() as never)
                    : nursery.startSoon(Promise.resolve() as never),
                ),
              );
              throw (group as ExceptionGroup).errors[0];
            }),
      )) as Error;
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(new RegExp(`${name}\\(\\).*promise.*Write ${name}\\(work\\)`));
    },
  );

  it.each(['startSoon', 'openNursery', 'run'] as const)(
    'RUN-161: an async generator function given to %s is a TypeError that names it',
    async (name) => {
      async function* countdown(): AsyncGenerator<number> {
        await checkpoint();
        yield 1;
      }
      const error = await thrownBy(() =>
        name === 'run'
          ? run(countdown as never)
          : runVirtually(() =>
              openNursery(name === 'openNursery' ? (countdown as never) : (n) => n.startSoon(countdown as never)),
            ),
      );
      const inner = error instanceof ExceptionGroup ? (error.errors[0] as Error) : (error as Error);
      expect(inner).toBeInstanceOf(TypeError);
      expect(inner.message).toMatch(/generator/);
    },
  );

  it('RUN-162: a foreign promise is legal: it is awaited, and is not a checkpoint', async () => {
    await runVirtually(() =>
      new CancelScope().run(async (scope) => {
        scope.cancel();
        const { cancelPoints } = currentTask();
        // Real time: a foreign promise is what is awaited.
        expect(await new Promise((resolve) => setTimeout(resolve, 1, 'value'))).toBe('value');
        expect(currentTask().cancelPoints).toBe(cancelPoints);
      }),
    );
  });

  it('RUN-163: a foreign promise that rejects in a nursery with a sleeping child ends both', async () => {
    const group = await groupOf(async (nursery) => {
      nursery.startSoon(sleepForever);
      // Real time: a foreign promise is what is awaited.
      await new Promise((_resolve, reject) => setTimeout(reject, 1, new TypeError('foreign')));
    });
    expect(group.errors).toEqual([new TypeError('foreign')]);
  });

  it(
    'RUN-082: the scope of a nursery cannot be entered by hand',
    testRun(async () => {
      const group = (await thrownBy(() =>
        openNursery((nursery) => nursery.cancelScope.run(() => undefined)),
      )) as ExceptionGroup;
      expect(group.errors[0]).toBeInstanceOf(StateError);
      expect((group.errors[0] as Error).message).toMatch(/openNursery/);
    }),
  );
});

it(
  'returns the value of a body that ends normally, also when it has cancelled the rest',
  testRun(async () => {
    const value = await openNursery(async (nursery) => {
      nursery.startSoon(sleepForever);
      nursery.startSoon(() => openNursery((inner) => void inner.startSoon(sleepForever)));
      await sleep(10);
      nursery.cancelScope.cancel();
      return 'value';
    });
    expect(value).toBe('value');
    expect(
      await new CancelScope().run((scope) =>
        openNursery(async (nursery) => {
          nursery.startSoon(sleepForever);
          await sleep(10);
          scope.cancel();
          return 'not given: the nursery is ended from outside';
        }),
      ),
    ).toBeUndefined();
  }),
);

describe('C-11: equal errors', () => {
  it('of several tasks all count', async () => {
    for (const thrown of ['boom', undefined, new TypeError('shared')]) {
      const group = await groupOf((nursery) => {
        for (let n = 0; n < 3; n++) nursery.startSoon(() => Promise.reject(thrown as Error));
      });
      expect(group.errors).toEqual([thrown, thrown, thrown]);
    }
  });

  it('but not the one Cancelled that all of many cancelled tasks bring', async () => {
    let inner: unknown;
    await run(() =>
      new CancelScope().run(async (scope) => {
        inner = await thrownBy(() =>
          openNursery(async (nursery) => {
            for (let n = 0; n < 3; n++) nursery.startSoon(sleepForever);
            await checkpoint();
            scope.cancel();
          }),
        );
      }),
    );
    expect((inner as ExceptionGroup).errors).toEqual([expect.any(Cancelled)]);
  });
});

it(
  'N-5: has the value of the body, or undefined where its own scope may have been cancelled before that',
  testRun(async () => {
    const value = await openNursery(() => 1);
    // @ts-expect-error -- it may be undefined
    const wrong: number = value;
    const cancelled: number | undefined = await openNursery(async (nursery) => {
      nursery.cancelScope.cancel();
      await checkpoint();
      return 1;
    });
    expect([value, wrong, cancelled]).toEqual([1, 1, undefined]);
  }),
);

it('C-20: tasks in each other that fail while they are cancelled end in a time that does not grow with the square of their number', async () => {
  const nest = async (left: number): Promise<void> => {
    if (left === 0) await sleepForever();
    try {
      await openNursery((nursery) => void nursery.startSoon(nest, left - 1));
    } catch (error) {
      if (left % 100 === 0) throw new AggregateError([error, new Error('cleanup')], 'both');
      throw error;
    }
  };
  const timeToCancel = async (depth: number): Promise<number> => {
    let began = 0;
    const error = await thrownBy(() =>
      run(() =>
        openNursery(async (nursery) => {
          nursery.startSoon(nest, depth);
          await waitAllTasksBlocked();
          began = process.cpuUsage().user;
          nursery.cancelScope.cancel();
        }),
      ),
    );
    expect(error).toBeInstanceOf(ExceptionGroup);
    return process.cpuUsage().user - began;
  };
  await timeToCancel(500);
  expect((await timeToCancel(4000)) / (await timeToCancel(500))).toBeLessThan(50);
});
