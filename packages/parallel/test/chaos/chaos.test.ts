import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, ExceptionGroup, isOnlyCancelled, openNursery, run } from '@tercet/core';
import type { Executor, RemoteFunction } from '@tercet/parallel';
import { BrokenWorkerError, openWorkers, remote } from '@tercet/parallel';
import { KINDS } from '../jobs.ts';

/** How many jobs: `npm run soak` asks for many. */
const JOBS = Number(process.env['TERCET_SOAK'] ?? 150);

const jobs = remote(new URL('../jobs/chaos.mjs', import.meta.url)) as Record<string, RemoteFunction<any[], any>>;

/** A generator of pseudo-random numbers (mulberry32), so that a seed repeats a run's choices. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Outcome = 'value' | 'cancelled' | 'failed' | 'broken';

async function takeAll(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) count++;
  return count;
}

/** One call, chosen at random. @returns what it should give, if it is not cancelled and its worker lives. */
function chooseCall(random: () => number, workers: Executor, id: number, kind: string): () => Promise<unknown> {
  const time = Math.floor(random() * 4);
  const onCancel = (['ask', 'ask', 'ask', 'kill', 'wait'] as const)[Math.floor(random() * 5)]!;
  const used = workers.with({
    onCancel,
    grace: Math.floor(random() * 20),
    priority: Math.floor(random() * 3),
    ...(random() < 0.2 ? { onProgress: () => undefined } : {}),
  });
  const dice = random();
  if (dice < 0.35) return () => used.run(jobs['echo']!, id);
  if (dice < 0.55) return () => used.run(jobs['wait']!, time, id);
  if (dice < 0.65) return () => used.run(jobs['compute']!, time, id);
  if (dice < 0.7) return () => used.run(jobs['ignore']!, 10 * time, id);
  if (dice < 0.76) return () => used.run(jobs['fail']!, 'expected');
  if (dice < 0.85)
    return () =>
      used
        .with({ window: 8 })
        .stream(jobs['items']!, [20 * time, 1], takeAll)
        .then(() => id);
  if (dice < 0.89) return () => used.stream(jobs['itemsThenFail']!, [10], takeAll);
  if (dice < 0.92) return () => used.stream(jobs['items']!, [1000, 1], async (items) => (await items.receive(), id));
  if (dice < 0.94) return () => used.run(jobs['forget']!);
  if (dice < 0.96) return () => used.run(jobs['exit']!);
  if (dice < 0.975) return () => used.run(jobs['crashSoon']!).then(() => id);
  if (dice < 0.98 && kind === 'thread') return () => used.run(jobs['eatMemory']!);
  return () => used.run(jobs['native']!, 0.01, id);
}

function outcomeOf(error: unknown): Outcome {
  if (isOnlyCancelled(error)) return 'cancelled';
  const errors = error instanceof ExceptionGroup ? error.leaves() : [error];
  return errors.some((one) => one instanceof BrokenWorkerError) ? 'broken' : 'failed';
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

describe.each(KINDS)('with workers of kind %s', (kind) => {
  it(
    `P26: of ${JOBS} random jobs with random cancellations each call ends once, and nothing is left`,
    async () => {
      const seed = Number(process.env['TERCET_SEED'] ?? Date.now() % 1_000_000);
      const random = randomNumbers(seed);
      const counts: Record<Outcome, number> = { value: 0, cancelled: 0, failed: 0, broken: 0 };
      const wrong: unknown[] = [];
      let ended = 0;
      let statistics: ReturnType<Executor['statistics']> | undefined;
      const descriptors = openDescriptors();
      const one = async (workers: Executor, id: number): Promise<void> => {
        const call = chooseCall(random, workers, id, kind);
        const dice = random();
        const scope =
          dice < 0.3
            ? new CancelScope({ relativeDeadline: random() * 20 })
            : dice < 0.4
              ? new CancelScope({ relativeDeadline: 0 })
              : new CancelScope();
        let outcome: Outcome;
        try {
          const value = await scope.run(call);
          outcome = scope.cancelledCaught ? 'cancelled' : 'value';
          if (outcome === 'value' && value !== id) wrong.push([seed, id, value]);
        } catch (error) {
          outcome = outcomeOf(error);
        }
        counts[outcome]++;
        ended++;
      };
      await run(() =>
        openWorkers(
          { kind, max: 3, stdio: 'ignore', grace: 2000, resourceLimits: { maxOldGenerationSizeMb: 64 } },
          async (workers) => {
            let next = 0;
            await openNursery((nursery) => {
              for (let caller = 0; caller < 12; caller++) {
                nursery.startSoon(async () => {
                  while (next < JOBS) await one(workers, next++);
                });
              }
            });
            statistics = workers.statistics();
          },
        ),
      );
      expect({ seed, wrong, ended }).toEqual({ seed, wrong: [], ended: JOBS });
      expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(JOBS);
      expect(counts.value).toBeGreaterThan(0);
      expect(statistics!.queued).toBe(0);
      // Those of the standard streams of threads close a moment later.
      expect(openDescriptors()).toBeLessThan(descriptors + 12);
    },
    60_000 + JOBS * 100,
  );
});
