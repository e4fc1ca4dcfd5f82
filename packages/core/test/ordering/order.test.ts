import { describe, expect, it } from '@jest/globals';
import {
  CancelScope,
  checkpoint,
  failAfter,
  moveOnAfter,
  openNursery,
  retry,
  run,
  sleep,
  sleepForever,
  sleepUntil,
  currentTime,
} from '@tercet/core';
import type { RunOptions } from '@tercet/core';
import { currentRunToken, ParkingLot, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import type { Scheduler, Step } from '@tercet/core/lowlevel';
import { MockClock } from '@tercet/testing';

type Log = (entry: string) => void;

/** The log of a program under one order. */
async function logOf(program: (log: Log) => unknown, options: RunOptions = {}): Promise<string> {
  const log: string[] = [];
  await run(() => program((entry) => void log.push(entry)), {
    clock: new MockClock({ autojumpThreshold: 0 }),
    ...options,
  });
  return log.join(' ');
}

/** The different logs of a program under many seeds. */
async function logsOf(program: (log: Log) => unknown, seeds = 60): Promise<string[]> {
  const logs = new Set<string>();
  for (let seed = 0; seed < seeds; seed++) logs.add(await logOf(program, { seed }));
  return [...logs].sort();
}

/** Three tasks that each take three steps. */
const threeTasks = (log: Log): Promise<void | undefined> =>
  openNursery((nursery) => {
    for (const name of ['a', 'b', 'c']) {
      nursery.startSoon(async () => {
        log(`${name}1`);
        await checkpoint();
        log(`${name}2`);
        await sleep(5);
        log(`${name}3`);
      });
    }
  });

describe('the seed of a run', () => {
  it('XO-1: gives the same order each time, and other seeds give others', async () => {
    const orders = new Set<string>();
    for (const seed of [0, 1, 2, 3, -7, 2 ** 40 + 1, Number.MAX_SAFE_INTEGER]) {
      const order = await logOf(threeTasks, { seed });
      expect(await logOf(threeTasks, { seed })).toBe(order);
      orders.add(order);
    }
    expect(orders.size).toBeGreaterThan(4);
  });

  it('XO-1: gives the order that it gives on every other runtime', async () => {
    expect(await logOf(threeTasks, { seed: 1 })).toBe('a1 a2 b1 b2 c1 c2 b3 a3 c3');
    expect(await logOf(threeTasks, { seed: 2 ** 40 + 1 })).toBe('a1 c1 a2 b1 c2 b2 a3 b3 c3');
  });

  it('XO-1: keeps the order of each task', async () => {
    for (const log of await logsOf(threeTasks, 20)) {
      for (const name of ['a', 'b', 'c']) {
        expect(log.split(' ').filter((entry) => entry.startsWith(name))).toEqual([`${name}1`, `${name}2`, `${name}3`]);
      }
    }
  });

  it('XO-1: changes nothing when it is not given', async () => {
    const order = await logOf(threeTasks);
    expect(order).toBe('a1 b1 c1 a2 b2 c2 a3 c3 b3');
    expect(await logOf(threeTasks, { seed: undefined as never })).toBe(order);
  });

  it('XO-1: must be a safe integer', async () => {
    for (const seed of [0.5, NaN, Infinity, 2 ** 53]) {
      await expect(run(() => undefined, { seed })).rejects.toThrow(RangeError);
    }
    await expect(run(() => undefined, { seed: '1' as never })).rejects.toThrow('the seed must be a number, not string');
  });

  it('RT-2: decides the jitter of retry', async () => {
    const pauses = async (seed?: number): Promise<number[]> => {
      const found: number[] = [];
      const failing = (): never => {
        throw new Error('again');
      };
      const options = {
        attempts: 6,
        jitter: 1,
        onRetry: (_: unknown, __: number, pause: number) => void found.push(pause),
      };
      await run(() => retry(failing, options).catch(() => undefined), {
        clock: new MockClock({ autojumpThreshold: 0 }),
        ...(seed === undefined ? {} : { seed }),
      });
      return found;
    };
    expect(await pauses(7)).toEqual(await pauses(7));
    expect(await pauses(7)).not.toEqual(await pauses(8));
    expect(await pauses()).not.toEqual(await pauses());
  });
});

describe('the order of a seed', () => {
  it('XO-1: the starts of tasks', async () => {
    const program = (log: Log): Promise<unknown> =>
      openNursery((nursery) => {
        for (const name of ['a', 'b', 'c']) nursery.startSoon(() => log(name));
      });
    expect(await logsOf(program)).toEqual(['a b c', 'a c b', 'b a c', 'b c a', 'c a b', 'c b a']);
  });

  it('XO-1: the wake-ups of one call', async () => {
    const program = async (log: Log): Promise<void> => {
      const lot = new ParkingLot();
      await openNursery(async (nursery) => {
        for (const name of ['a', 'b', 'c']) nursery.startSoon(() => lot.park().then(() => log(name)));
        await waitAllTasksBlocked();
        lot.unparkAll();
      });
    };
    expect(await logsOf(program)).toHaveLength(6);
  });

  it('XO-1: the wake-ups of one cancellation', async () => {
    const program = async (log: Log): Promise<void> => {
      await openNursery(async (nursery) => {
        for (const name of ['a', 'b', 'c']) nursery.startSoon(() => sleepForever().finally(() => log(name)));
        await waitAllTasksBlocked();
        nursery.cancelScope.cancel();
      });
    };
    expect(await logsOf(program)).toHaveLength(6);
  });

  it('XO-1: sleeps that end at the same instant', async () => {
    const program = (log: Log): Promise<unknown> =>
      openNursery((nursery) => {
        for (const name of ['a', 'b', 'c']) nursery.startSoon(() => sleepUntil(10).then(() => log(name)));
      });
    expect(await logsOf(program)).toHaveLength(6);
  });

  it('XO-1: a deadline and a sleep that end at the same instant', async () => {
    const program = async (log: Log): Promise<void> => {
      await moveOnAfter(10, () => sleep(10).then(() => log('slept')));
      log(`at ${currentTime()}`);
    };
    expect(await logsOf(program)).toEqual(['at 10', 'slept at 10']);
  });

  it('XO-1: callbacks of runSoon among the steps of tasks, and not among each other', async () => {
    const program = async (log: Log): Promise<void> => {
      const token = currentRunToken();
      await openNursery((nursery) => {
        for (const name of ['1', '2']) token.runSoon(() => log(name));
        nursery.startSoon(() => log('task'));
      });
    };
    expect(await logsOf(program)).toEqual(['1 2 task', '1 task 2', 'task 1 2']);
  });

  it('XO-1: calls an idempotent callback of runSoon once', async () => {
    const program = async (log: Log): Promise<void> => {
      const token = currentRunToken();
      const again = (): void => log('again');
      for (let count = 0; count < 3; count++) token.runSoon(again, { idempotent: true });
      token.runSoon(() => log('once'));
      await checkpoint();
    };
    for (const log of await logsOf(program)) expect(log.split(' ').sort()).toEqual(['again', 'once']);
  });
});

describe('a run with a seed', () => {
  it('XO-1: jumps to the next deadline only when no step is left, also of a task with several operations', async () => {
    const program = async (): Promise<void> => {
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          for (let count = 0; count < 50; count++) {
            await Promise.all([checkpoint(), moveOnAfter(1000, () => checkpoint())]);
            expect(currentTime()).toBe(0);
          }
        });
      });
      await Promise.all([sleep(7), checkpoint()]);
      expect(currentTime()).toBe(7);
    };
    for (let seed = 0; seed < 10; seed++) await logOf(program, { seed });
  });

  it('XO-1: lets timers of the platform come while tasks go on and on', async () => {
    let ended = false;
    await run(
      async () => {
        setTimeout(() => (ended = true), 20);
        while (!ended) await checkpoint();
      },
      { seed: 3 },
    );
    expect(ended).toBe(true);
  });

  it('XO-1: ends with its deadline although a task never waits', async () => {
    const busy = async (): Promise<never> => {
      for (;;) await checkpoint();
    };
    await expect(run(() => failAfter(20, busy), { seed: 3 })).rejects.toThrow('20 ms');
  });

  it('XO-1: waits for promises of other code', async () => {
    const elsewhere = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('done'), 5));
    expect(await run(() => Promise.all([elsewhere(), checkpoint()]), { seed: 3 })).toEqual(['done', undefined]);
  });

  it('XO-1: reports a swallowed cancellation and goes on', async () => {
    const scope = new CancelScope();
    let caught = 0;
    await run(
      () =>
        scope.run(async () => {
          scope.cancel();
          while (caught < 3) await checkpoint().catch(() => caught++);
        }),
      { seed: 5 },
    );
    expect(caught).toBe(3);
  });
});

describe('a scheduler', () => {
  const scheduler = (choose: (ready: readonly Step[]) => number): Scheduler => ({ choose, random: () => 0.5 });

  it('XO-1: chooses among the steps that are ready, and sees whose they are', async () => {
    const seen: string[] = [];
    const last = scheduler((ready) => {
      seen.push(ready.map(({ task, what }) => `${task.name}: ${what}`).join(', '));
      return ready.length - 1;
    });
    const order = await logOf(
      (log) =>
        openNursery((nursery) => {
          const one = (): void => log('one');
          const two = (): Promise<void> => checkpoint().then(() => log('two'));
          nursery.startSoon(one);
          nursery.startSoon(two);
        }),
      { scheduler: last, name: 'test' },
    );
    expect(order).toBe('two one');
    expect(seen.slice(1, 4)).toEqual(['one: start, two: start', 'one: start, two: checkpoint', 'one: start']);
  });

  it('XO-1: ends the run with its error when it throws', async () => {
    let calls = 0;
    const broken = scheduler(() => {
      if (++calls < 3) return 0;
      throw new Error('no more steps');
    });
    await expect(logOf(threeTasks, { scheduler: broken })).rejects.toThrow('no more steps');
  });

  it.each([-1, 99, 0.5, NaN, 'first' as never, undefined as never])(
    'XO-1: ends the run when it returns %p, which is not an index',
    async (index) => {
      await expect(logOf(threeTasks, { scheduler: scheduler(() => index) })).rejects.toThrow(
        'must return an index below',
      );
    },
  );

  it('XO-1: must have both methods, and cannot be combined with a seed', async () => {
    await expect(run(() => undefined, { scheduler: {} as never })).rejects.toThrow(TypeError);
    await expect(run(() => undefined, { scheduler: null as never })).rejects.toThrow(TypeError);
    await expect(run(() => undefined, { scheduler: scheduler(() => 0), seed: 1 })).rejects.toThrow('not both');
  });
});
