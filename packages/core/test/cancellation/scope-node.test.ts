import { describe, expect, it } from '@jest/globals';
import {
  CancelScope,
  Cancelled,
  checkpoint,
  ExceptionGroup,
  moveOnAfter,
  openNursery,
  race,
  shielded,
  sleep,
  sleepForever,
  UnawaitedError,
} from '@tercet/core';
import { currentStatistics, ParkingLot, suspend, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { runVirtually, thrownBy } from '../run-virtually.ts';

describe('D11: a body that ends while something begun in it is pending', () => {
  it(
    'fails with the names of what it was, which has been cancelled',
    testRun(async () => {
      let aborted = false;
      const error = await thrownBy(() =>
        new CancelScope().run(() => {
          void sleep(1000);
          void suspend('line of input', () => () => {
            aborted = true;
            return 'succeeded';
          });
          return 'value';
        }),
      );
      expect(error).toBeInstanceOf(UnawaitedError);
      expect((error as UnawaitedError).operations).toEqual(['sleep', 'line of input']);
      expect((error as Error).message).toMatch(/sleep, line of input.*await/);
      expect(aborted).toBe(true);
    }),
  );

  it(
    'fails also when the description of such an operation throws',
    testRun(async () => {
      const description = {
        toString: () => {
          throw new Error('no text');
        },
      };
      const error = (await thrownBy(() =>
        openNursery((nursery) => {
          nursery.startSoon(() => void suspend(description, () => () => 'succeeded'));
        }),
      )) as ExceptionGroup;
      expect((error.errors[0] as UnawaitedError).operations).toEqual(['an operation without a description']);
    }),
  );

  it('is a task', async () => {
    const error = (await thrownBy(() =>
      runVirtually(() => openNursery((nursery) => void nursery.startSoon(() => void sleep(1000)))),
    )) as ExceptionGroup;
    expect(error.errors).toEqual([expect.any(UnawaitedError)]);
  });

  it('is the main task', async () => {
    const error = await thrownBy(() => runVirtually(() => void sleep(1000)));
    expect(error).toBeInstanceOf(UnawaitedError);
    expect((error as UnawaitedError).operations).toEqual(['sleep']);
  });

  it('is the body of a nursery', async () => {
    const error = (await thrownBy(() =>
      runVirtually(() =>
        openNursery((nursery) => {
          nursery.startSoon(sleepForever);
          void new ParkingLot('a place').park();
        }),
      ),
    )) as ExceptionGroup;
    expect(error.errors).toEqual([expect.any(UnawaitedError)]);
    expect((error.errors[0] as UnawaitedError).operations).toEqual(['a place']);
  });

  it(
    'names the operations that wait in scopes that were left behind inside it',
    testRun(async () => {
      const error = await thrownBy(() =>
        new CancelScope().run(() => {
          void moveOnAfter(50, () => moveOnAfter(60, () => sleepForever())).catch(() => undefined);
        }),
      );
      expect((error as UnawaitedError).operations).toEqual(['sleepForever']);
    }),
  );

  it(
    'is only cancelled when it ends with an error',
    testRun(async () => {
      const error = await thrownBy(() =>
        new CancelScope().run(() => {
          void sleep(1000);
          throw new TypeError('first');
        }),
      );
      expect(error).toEqual(new TypeError('first'));
    }),
  );

  it(
    'does not complain of what has ended meanwhile, nor of foreign promises',
    testRun(async () => {
      const value = await new CancelScope().run(async () => {
        const pending = sleep(10);
        await sleep(20);
        void new Promise(() => undefined);
        await pending;
        return 'well';
      });
      expect(value).toBe('well');
    }),
  );

  it(
    'finds the loser of a Promise.race, and not that of race()',
    testRun(async () => {
      const error = await thrownBy(() => new CancelScope().run(() => Promise.race([sleep(10), sleep(20)])));
      expect(error).toBeInstanceOf(UnawaitedError);
      expect((error as Error).message).toContain('race()');
      await new CancelScope().run(() => race([(): Promise<void> => sleep(10), (): Promise<void> => sleep(20)]));
    }),
  );

  it('names a nursery that is not awaited', async () => {
    const error = await thrownBy(() =>
      runVirtually(async () => {
        void openNursery((nursery) => void nursery.startSoon(sleepForever)).catch(() => undefined);
        await checkpoint();
      }),
    );
    expect(error).toBeInstanceOf(UnawaitedError);
    expect((error as Error).message).toMatch(/nursery/);
  });
});

describe('D12: code that outlives its scope', () => {
  it(
    'XO-6: keeps no deadline: that of a scope which its task has left is gone',
    testRun(async () => {
      await thrownBy(() =>
        openNursery((nursery) => {
          nursery.startSoon(() => {
            void moveOnAfter(1000, () => new Promise(() => undefined));
            throw new Error('boom');
          });
        }),
      );
      expect(currentStatistics().deadlines).toBe(0);
    }),
  );

  it(
    'gets Cancelled at every checkpoint, with the source exited',
    testRun(async () => {
      const ends: unknown[] = [];
      const outlive = async (): Promise<void> => {
        await new Promise((resolve) => setImmediate(resolve));
        for (const operation of [checkpoint, (): Promise<void> => sleep(10), sleepForever]) {
          ends.push(await thrownBy(operation));
        }
      };
      await new CancelScope().run(() => void outlive());
      while (ends.length < 3) await new Promise((resolve) => setImmediate(resolve));
      for (const end of ends) {
        expect(end).toBeInstanceOf(Cancelled);
        expect(end).toMatchObject({ source: 'exited' });
      }
    }),
  );

  it(
    'such as the loser of a Promise.all, dies at its next checkpoint',
    testRun(async () => {
      const steps: string[] = [];
      const loser = async (): Promise<void> => {
        await new Promise((resolve) => setImmediate(resolve));
        steps.push('goes on');
        await checkpoint();
        steps.push('not reached');
      };
      await thrownBy(() => new CancelScope().run(() => Promise.all([loser(), Promise.reject(new Error('x'))])));
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
      expect(steps).toEqual(['goes on']);
    }),
  );

  it(
    'is not protected by a shield inside the scope that was left',
    testRun(async () => {
      let end: unknown;
      await thrownBy(() =>
        new CancelScope().run(async () => {
          void shielded(() => sleep(1000)).catch((error: unknown) => (end = error));
          await checkpoint();
        }),
      );
      await checkpoint();
      expect(end).toBeInstanceOf(Cancelled);
    }),
  );

  it('is not confused with operations in the scopes around the one that was left', async () => {
    await runVirtually(async () => {
      await new CancelScope().run(async () => {
        await new CancelScope().run(checkpoint);
        await checkpoint();
        await sleep(5);
      });
      await sleep(5);
    });
  });
});

describe('RUN-084: a nursery that is left open', () => {
  it('fails the task that leaves it, cancels its tasks, and waits for them, cleanup included', async () => {
    const order: string[] = [];
    const error = (await thrownBy(() =>
      runVirtually(() =>
        openNursery((nursery) => {
          nursery.startSoon(async () => {
            void openNursery((lost) => {
              lost.startSoon(async () => {
                try {
                  await sleepForever();
                } finally {
                  await shielded(() => sleep(50));
                  order.push('orphan');
                }
              });
            }).catch(() => undefined);
            await checkpoint();
            await checkpoint();
          });
        }),
      ).finally(() => order.push('run')),
    )) as ExceptionGroup;
    expect(error.errors).toEqual([expect.any(UnawaitedError)]);
    expect((error.errors[0] as Error).cause).toBeUndefined();
    expect(order).toEqual(['orphan', 'run']);
  });

  it('RUN-085: fails the run when it is main that leaves it', async () => {
    let orphan: unknown;
    const error = await thrownBy(() =>
      runVirtually(async () => {
        void openNursery((lost) => {
          lost.startSoon(async () => {
            orphan = await thrownBy(() => sleepForever());
            await shielded(() => sleep(50));
            orphan = [orphan];
          });
        }).catch(() => undefined);
        await checkpoint();
        await checkpoint();
      }),
    );
    expect(error).toBeInstanceOf(UnawaitedError);
    expect(orphan).toEqual([expect.any(Cancelled)]);
  });

  it('RUN-086: inside another nursery fails that one, with its tasks and those not begun yet', async () => {
    const begun: string[] = [];
    const error = (await thrownBy(() =>
      runVirtually(() =>
        openNursery(async (outer) => {
          void openNursery(async (lost) => {
            lost.startSoon(async () => {
              begun.push('first');
              await sleepForever();
            });
            await waitAllTasksBlocked();
            lost.startSoon(() => void begun.push('second'));
          }).catch(() => undefined);
          outer.startSoon(sleepForever);
          await sleep(10);
        }),
      ),
    )) as ExceptionGroup;
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect(error.leaves()).toEqual([expect.any(UnawaitedError)]);
    expect(begun[0]).toBe('first');
  });
});

describe('G-96: an async generator', () => {
  async function* numbers(): AsyncGenerator<number> {
    for (let n = 0; ; n++) {
      await sleep(10);
      yield n;
    }
  }

  it(
    'runs, between two yields, in the scope of the consumer that asks for the next item',
    testRun(async () => {
      const generator = numbers();
      const outer = new CancelScope();
      await new CancelScope().run(() => generator.next());
      expect(await generator.next()).toEqual({ done: false, value: 1 });
      await outer.run(async () => {
        outer.cancel();
        expect(await thrownBy(() => generator.next())).toMatchObject({ source: 'explicit' });
      });
      expect(await generator.next()).toEqual({ done: true, value: undefined });
    }),
  );

  it(
    'that a loop leaves is closed by it, in its scope, and may clean up under a shield',
    testRun(async () => {
      const order: string[] = [];
      async function* resource(): AsyncGenerator<number> {
        try {
          yield* numbers();
        } finally {
          await shielded(() => sleep(5));
          order.push('closed');
        }
      }
      await moveOnAfter(35, async () => {
        for await (const n of resource()) order.push(String(n));
      });
      for await (const n of resource()) {
        order.push(String(n));
        break;
      }
      expect(order).toEqual(['0', '1', '2', 'closed', '0', 'closed']);
    }),
  );
});
