import { afterEach, describe, expect, it } from '@jest/globals';
import {
  checkpoint,
  currentTime,
  failAfter,
  openNursery,
  retry,
  run,
  sleep,
  sleepForever,
  StateError,
  TooSlowError,
} from '@tercet/core';
import { ParkingLot, SystemClock } from '@tercet/core/lowlevel';
import { explore, ExplorationError } from '@tercet/testing';
import type { ExploreOptions } from '@tercet/testing';
import { plantedBugs } from './planted-bugs.ts';

const STRATEGIES = ['random', 'pct', 'exhaustive'] as const;

/** The error of an exploration that must fail. */
async function failureOf(body: () => unknown, options?: ExploreOptions): Promise<ExplorationError> {
  const outcome: unknown = await explore(body, options).catch((error: unknown) => error);
  if (outcome instanceof ExplorationError) return outcome;
  throw new Error('it has not failed', { cause: outcome });
}

/** Some tasks that each take some steps. Gives what is called for each step. */
function tasks(count: number, steps: number, step: (name: string) => void): Promise<void | undefined> {
  return openNursery((nursery) => {
    for (let task = 0; task < count; task++) {
      nursery.startSoon(async () => {
        for (let index = 1; index < steps; index++) {
          step(`${task}`);
          await checkpoint();
        }
        step(`${task}`);
      });
    }
  });
}

/** Fails when the second task comes between two steps of the first one. */
async function race(): Promise<void> {
  let log = '';
  await tasks(2, 3, (name) => (log += name));
  if (log.startsWith('01110') || log.startsWith('1000')) throw new RangeError(`in this order: ${log}`);
}

afterEach(() => {
  delete process.env['TERCET_SEED'];
});

describe('explore', () => {
  it.each(STRATEGIES)('XO-2: reports the number of runs: %s', async (strategy) => {
    let bodies = 0;
    const result = await explore(
      async () => {
        bodies++;
        await tasks(3, 3, () => undefined);
      },
      { runs: 50, strategy },
    );
    expect(result).toEqual({ runs: 50, exhausted: false });
    expect(bodies).toBe(50);
  });

  it('XO-2: makes 1000 runs by default', async () => {
    expect(await explore(() => undefined)).toEqual({ runs: 1000, exhausted: false });
  });

  it.each([
    [2, 2, 6],
    [3, 2, 90],
    [3, 3, 1680],
  ])('XO-2: walks all orders of %p tasks with %p steps, each of them once', async (count, steps, orders) => {
    const seen = new Set<string>();
    const body = async (): Promise<void> => {
      let log = '';
      await tasks(count, steps, (name) => (log += name));
      seen.add(log);
    };
    const result = await explore(body, { strategy: 'exhaustive', runs: 10_000 });
    expect(result).toEqual({ runs: orders, exhausted: true });
    expect(seen.size).toBe(orders);
  });

  it('XO-2: says that all orders have been tried also where the last one is the last that is allowed', async () => {
    const two = (): Promise<unknown> => tasks(2, 2, () => undefined);
    expect(await explore(two, { strategy: 'exhaustive', runs: 6 })).toEqual({ runs: 6, exhausted: true });
    expect(await explore(two, { strategy: 'exhaustive', runs: 5 })).toEqual({ runs: 5, exhausted: false });
    expect(await explore(() => undefined, { strategy: 'exhaustive' })).toEqual({ runs: 1, exhausted: true });
  });

  it.each(['random', 'pct'] as const)(
    'XO-2: tries other orders for another seed, and the same for the same: %s',
    async (strategy) => {
      const orders = async (seed: number): Promise<string[]> => {
        const seen: string[] = [];
        const body = async (): Promise<void> => {
          let log = '';
          await tasks(3, 4, (name) => (log += name));
          seen.push(log);
        };
        await explore(body, { strategy, seed, runs: 30 });
        return seen;
      };
      const [first, again, other] = [await orders(1), await orders(1), await orders(2)];
      expect(again).toEqual(first);
      expect(other).not.toEqual(first);
      expect(new Set(first).size).toBeGreaterThan(15);
    },
  );

  it('XO-1: gives the order of run() with this seed where the strategy is random', async () => {
    const order = async (go: (body: () => Promise<void>) => Promise<unknown>): Promise<string> => {
      let log = '';
      await go(() => tasks(3, 4, (name) => (log += name)).then(() => undefined));
      return log;
    };
    for (const seed of [1, 2, 2 ** 40]) {
      const explored = await order((body) => explore(body, { strategy: 'random', runs: 1, seed }));
      expect(await order((body) => run(body, { seed }))).toBe(explored);
    }
  });

  it('XO-2: has virtual time, which begins at zero in each run', async () => {
    const body = async (): Promise<void> => {
      expect(currentTime()).toBe(0);
      await expect(failAfter({ hours: 1 }, sleepForever)).rejects.toThrow(TooSlowError);
      expect(currentTime()).toBe(3_600_000);
    };
    await explore(body, { runs: 20 });
  });

  it('XO-2: takes another clock', async () => {
    let clocks = 0;
    const clock = (): SystemClock => {
      clocks++;
      return new SystemClock();
    };
    await explore(() => sleep(1), { runs: 3, clock });
    expect(clocks).toBe(3);
  });

  it('XO-2: lets the event loop turn', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('the loop has turned')), 1);
    const exploring = explore(() => tasks(2, 2, () => undefined), { runs: Infinity, signal: controller.signal });
    await expect(exploring).rejects.toThrow('the loop has turned');
  });

  it('XO-2: ends when its signal aborts', async () => {
    const controller = new AbortController();
    let runs = 0;
    const body = (): void => {
      if (++runs === 10) controller.abort(new Error('enough'));
    };
    await expect(explore(body, { runs: Infinity, signal: controller.signal })).rejects.toThrow('enough');
    expect(runs).toBeLessThan(13);
  });

  it('XO-2: refuses wrong options', async () => {
    for (const options of [
      { runs: 0 },
      { runs: 1.5 },
      { seed: -1 },
      { seed: 0.5 },
      { depth: 0 },
      { strategy: 'best' },
      { clock: 'real' },
    ]) {
      await expect(explore(() => undefined, options as never)).rejects.toThrow(RangeError);
    }
    await expect(explore(Promise.resolve() as never)).rejects.toThrow('the body must be a function');
  });

  it('XO-2: cannot be called in a run', async () => {
    await expect(run(() => explore(() => undefined))).rejects.toThrow(StateError);
  });
});

describe('a failure', () => {
  it.each(STRATEGIES)('XO-3: is reported with all that is needed to understand it: %s', async (strategy) => {
    const error = await failureOf(race, { strategy });
    expect(error.name).toBe('ExplorationError');
    expect(error.cause).toBeInstanceOf(RangeError);
    expect(error.decisions.length).toBeGreaterThan(0);
    expect(error.decisions.length).toBeLessThanOrEqual(3);
    for (const decision of error.decisions) {
      expect(decision.before.length).toBeGreaterThan(0);
      expect(decision.what).toMatch(/^(checkpoint|start)$/);
      expect(error.message).toContain(`step ${decision.step}: ${decision.task} (${decision.what}) goes before`);
    }
    expect(error.taskTree).toContain('task root#0');
    expect(error.message).toContain(error.reproduce);
    expect(error.reproduce).toMatch(/^TERCET_SEED=\d+:\S+ npm test -- -t 'a failure XO-3: is reported/);
  });

  it.each(STRATEGIES)('XO-3: is seen again with the line that it gives: %s', async (strategy) => {
    const error = await failureOf(race, { strategy });
    process.env['TERCET_SEED'] = /TERCET_SEED=(\S+)/.exec(error.reproduce)![1]!;
    const again = await failureOf(race, { strategy });
    expect(again.runs).toBe(1);
    expect(again.decisions).toEqual(error.decisions);
    expect(again.reproduce).toBe(error.reproduce);
    expect(String(again.cause)).toBe(String(error.cause));
  });

  it.each(['random', 'pct'] as const)('XO-3: is seen again with its seed: %s', async (strategy) => {
    const error = await failureOf(race, { strategy });
    expect((await failureOf(race, { strategy, seed: error.seed, runs: 1 })).cause).toEqual(error.cause);
    process.env['TERCET_SEED'] = String(error.seed);
    expect((await failureOf(race, { strategy })).runs).toBe(1);
  });

  it('XO-3: is over once it has been mended: then that one order is run', async () => {
    process.env['TERCET_SEED'] = '7:1=1,2=1';
    let runs = 0;
    expect(await explore(() => void runs++)).toEqual({ runs: 1, exhausted: false });
    expect(runs).toBe(1);
  });

  it('XO-3: is not looked for where TERCET_SEED cannot be read', async () => {
    for (const text of ['x', '1:', '1:2', '-1', '1.5', '1:1=a', '99999999999999999999']) {
      process.env['TERCET_SEED'] = text;
      await expect(explore(() => undefined)).rejects.toThrow('TERCET_SEED must be a seed');
    }
  });

  it('XO-3: of every order is said to be one of the plain order', async () => {
    const error = await failureOf(() => Promise.reject(new Error('always')));
    expect(error).toMatchObject({ runs: 1, decisions: [], cause: { message: 'always' } });
    expect(error.message).toContain('it fails in the plain order, too');
    expect(error.reproduce).toContain('TERCET_SEED=0:plain ');
  });

  it('XO-3: shows the tasks at the moment of the failure, not those of one that the body has handled', async () => {
    const body = async (): Promise<void> => {
      await openNursery((nursery) => {
        nursery.startSoon(function handled() {
          throw new Error('handled');
        });
      }).catch(() => undefined);
      await openNursery((nursery) => {
        nursery.startSoon(async function culprit() {
          await sleep(1);
          throw new Error('not handled');
        });
        nursery.startSoon(() => new ParkingLot('the end of days').park());
      });
    };
    const { taskTree, message } = await failureOf(body);
    expect(taskTree).toMatch(/^task culprit#\d+ has failed\n/);
    expect(taskTree).toContain('waiting for the end of days');
    expect(message).toContain(taskTree);
  });

  it('XO-3: is made small while it stays of the same kind', async () => {
    const body = async (): Promise<void> => {
      let log = '';
      await tasks(6, 6, (name) => (log += name));
      if (log.indexOf('5') < log.indexOf('0')) throw new RangeError('5 before 0');
      if (log.indexOf('4') < log.indexOf('1')) throw new TypeError('4 before 1');
    };
    for (const strategy of ['random', 'pct'] as const) {
      const error = await failureOf(body, { strategy, seed: 5 });
      expect(error.decisions).toHaveLength(1);
      expect(error.decisions[0]!.what).toBe('start');
    }
  });

  it('XO-3: can have a title where the test framework provides none', async () => {
    const { reproduce } = await failureOf(race, { title: "it's (a) race" });
    expect(reproduce).toMatch(/ npm test -- -t 'it'\\''s \\\(a\\\) race'$/);
  });
});

describe('a deadlock', () => {
  it('XO-4: fails at once, with the task tree', async () => {
    const lot = (): Promise<void> => new ParkingLot('Godot').park();
    const error = await failureOf(() => openNursery((nursery) => void nursery.startSoon(lot)));
    expect(error.cause).toMatchObject({ name: 'DeadlockError' });
    expect(error.taskTree).toContain('waiting for Godot');
    expect(error.message.split('waiting for Godot')).toHaveLength(2);
  });

  it('XO-4: is not one while a promise of other code is awaited', async () => {
    const elsewhere = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
    const body = (): Promise<unknown> => openNursery((nursery) => void nursery.startSoon(elsewhere));
    expect(await explore(body, { runs: 2 })).toEqual({ runs: 2, exhausted: false });
  });
});

describe('a body that is not deterministic', () => {
  it('XO-1: is reported when a failure does not come again', async () => {
    let runs = 0;
    const cause = new Error('only once');
    const body = (): void => {
      if (++runs === 5) throw cause;
    };
    const error = await failureOf(body);
    expect(error).toMatchObject({ cause, decisions: [], reproduce: '', runs: 5 });
    expect(error.message).toContain('another run in the same order has not');
    expect(error.message).toContain('Math.random()');
  });

  it.each(STRATEGIES)('XO-1: is reported when runs go different ways without failing: %s', async (strategy) => {
    let count = 0;
    const body = async (): Promise<void> => {
      await tasks(2 + (++count % 2), 2, () => undefined);
    };
    const error = await failureOf(body, { strategy });
    expect(error.message).toMatch(/^two runs under the seed 0 went different ways, from step \d+ on/);
    expect(error.cause).toBeUndefined();
  });

  it('XO-1: is not one that draws from the seed', async () => {
    const body = async (): Promise<void> => {
      let calls = 0;
      const twice = (): void => {
        if (++calls < 3) throw new Error('again');
      };
      await openNursery((nursery) => {
        nursery.startSoon(() => retry(twice, { jitter: 1 }));
        nursery.startSoon(() => sleep(100));
      });
    };
    expect(await explore(body, { runs: 50 })).toEqual({ runs: 50, exhausted: false });
  });
});

describe('planted bugs', () => {
  describe.each(plantedBugs)('%s', (_title, body, error) => {
    it('XO-5: does not show in the plain order', async () => {
      await expect(run(body)).resolves.toBeUndefined();
    });

    it.each(STRATEGIES)('XO-5: is found within 1000 runs: %s', async (strategy) => {
      const found = await failureOf(body, { strategy });
      expect(found.runs).toBeLessThanOrEqual(1000);
      expect(found.cause).toMatchObject({ name: error });
    });
  });
});
