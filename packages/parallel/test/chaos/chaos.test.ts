import { describe, expect, it } from '@jest/globals';
import { CancelScope, ExceptionGroup, isOnlyCancelled, openNursery, run, sleep } from '@tercet/core';
import { seededRandom } from '@tercet/core/lowlevel';
import type { Executor, ExecutorStatistics } from '@tercet/parallel';
import { BrokenWorkerError, openWorkers } from '@tercet/parallel';
import { childProcesses, heapInUse, watchWhatIsLeft } from './left-behind.ts';
import { randomCall } from './random-jobs.ts';

/** How many jobs: `npm run soak` asks for many. */
const JOBS = Number(process.env['TERCET_SOAK'] ?? 150);
const CALLERS = 12;
/** Bytes by which the heap may grow from the first quarter of the jobs to the last: not by jobs, but what Node and Jest cache. */
const MOST_GROWTH = 3_000_000;

type Outcome = 'value' | 'cancelled' | 'failed' | 'broken';

function outcomeOf(error: unknown): Outcome {
  if (isOnlyCancelled(error)) return 'cancelled';
  const errors = error instanceof ExceptionGroup ? error.leaves() : [error];
  return errors.some((one) => one instanceof BrokenWorkerError) ? 'broken' : 'failed';
}

function randomScope(random: () => number): CancelScope {
  const dice = random();
  if (dice < 0.3) return new CancelScope({ relativeDeadline: random() * 20 });
  return dice < 0.4 ? new CancelScope({ relativeDeadline: 0 }) : new CancelScope();
}

/** Makes calls until they are all made, each by one of several tasks. */
class Calls {
  readonly outcomes: Record<Outcome, number> = { value: 0, cancelled: 0, failed: 0, broken: 0 };
  /** How often each one has ended. */
  readonly ended: Uint8Array = new Uint8Array(JOBS);
  readonly wrong: unknown[] = [];
  readonly #random: () => number;
  #next = 0;
  /** How many have ended. */
  made = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Makes the next ones, up to this number. */
  makeUpTo(end: number, workers: Executor): Promise<void> {
    return openNursery((nursery) => {
      for (let caller = 0; caller < CALLERS; caller++) {
        nursery.startSoon(async () => {
          while (this.#next < end) await this.#make(this.#next++, workers);
        });
      }
    });
  }

  async #make(id: number, workers: Executor): Promise<void> {
    const scope = randomScope(this.#random);
    let outcome: Outcome;
    try {
      const value = await scope.run(randomCall(this.#random, workers, id));
      outcome = scope.cancelledCaught ? 'cancelled' : 'value';
      if (outcome === 'value' && value !== id) this.wrong.push({ id, value });
      // oxlint-disable-next-line @tercet/no-swallowed-cancel -- the error is the result
    } catch (error) {
      outcome = outcomeOf(error);
    }
    this.outcomes[outcome]++;
    this.ended[id]!++;
    this.made++;
  }
}

/** Kills a child process soon after some of the calls: so often that many are hit, and many are not, on any machine. */
async function killAtRandom(random: () => number, calls: Calls): Promise<never> {
  for (;;) {
    const next = calls.made + Math.floor(random() * 50);
    do await sleep(random() * 20);
    while (calls.made < next);
    const pids = childProcesses();
    const pid = pids[Math.floor(random() * pids.length)];
    if (pid !== undefined) killQuietly(pid);
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

interface Result {
  readonly calls: Calls;
  readonly statistics: ExecutorStatistics;
  /** Bytes. */
  readonly growth: number;
}

async function makeRandomCalls(kind: 'thread' | 'process', seed: number, kills: boolean): Promise<Result> {
  const random = seededRandom(seed);
  const calls = new Calls(random);
  let growth = 0;
  const statistics = await run(() =>
    openWorkers(
      { kind, max: 3, stdio: 'ignore', grace: 60_000, resourceLimits: { maxOldGenerationSizeMb: 64 } },
      async (workers) => {
        await openNursery(async (nursery) => {
          if (kills) nursery.startSoon(() => killAtRandom(random, calls));
          await calls.makeUpTo(Math.floor(JOBS / 4), workers);
          const before = await heapInUse();
          await calls.makeUpTo(JOBS, workers);
          growth = (await heapInUse()) - before;
          nursery.cancelScope.cancel();
        });
        return workers.statistics();
      },
    ),
  );
  return { calls, statistics, growth };
}

describe.each([
  { kind: 'thread', kills: false, kindly: 'thread' },
  { kind: 'process', kills: false, kindly: 'process' },
  { kind: 'process', kills: true, kindly: 'process, which are killed at random moments' },
] as const)('with workers of kind $kindly', ({ kind, kills }) => {
  it(
    `P26: of ${JOBS} random jobs with random cancellations each call ends once, and nothing is left`,
    async () => {
      const seed = Number(process.env['TERCET_SEED'] ?? Date.now() % 1_000_000);
      const whatIsLeft = watchWhatIsLeft();
      const { calls, statistics, growth } = await makeRandomCalls(kind, seed, kills);
      const { wrong, ended, outcomes } = calls;
      if (JOBS > 1000) console.log({ kind, kills, seed, outcomes, statistics, growth });
      expect({ seed, wrong, notOnce: ended.findIndex((times) => times !== 1) }).toEqual({
        seed,
        wrong: [],
        notOnce: -1,
      });
      expect(outcomes.value).toBeGreaterThan(0);
      expect(outcomes.cancelled).toBeGreaterThan(0);
      expect(statistics).toMatchObject({ running: 0, queued: 0 });
      expect(childProcesses()).toEqual([]);
      expect(growth).toBeLessThan(MOST_GROWTH);
      expect(await whatIsLeft()).toEqual({ descriptors: [], threads: 0 });
    },
    60_000 + JOBS * 1000,
  );
});
