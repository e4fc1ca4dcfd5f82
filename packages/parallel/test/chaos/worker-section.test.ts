import { expect, it } from '@jest/globals';
import { ExceptionGroup, run } from '@tercet/core';
import { seededRandom } from '@tercet/core/lowlevel';
import type { Executor, RemoteFunction } from '@tercet/parallel';
import { BrokenWorkerError, openWorkers, remote } from '@tercet/parallel';
import { map, pipeline, workerSection } from '@tercet/pipeline';
import { childProcesses } from './left-behind.ts';

const ITEMS = 400;
/** How often: `npm run soak` asks for more. */
const ROUNDS = Math.ceil(Number(process.env['TERCET_SOAK'] ?? 500) / 100);

const { square } = remote(new URL('../jobs/chaos.mjs', import.meta.url)) as unknown as {
  square: RemoteFunction<[AsyncIterable<number>], AsyncIterable<number>>;
};

/** Sends items through a worker that is killed when so many have come back. @returns what came back, and the error. */
async function squareUntilKilled(workers: Executor, killAt: number): Promise<{ items: number[]; error: unknown }> {
  const items: number[] = [];
  const squares = pipeline(
    Array.from({ length: ITEMS }, (_, index) => index),
    workerSection(square, { executor: workers, window: 8 }),
    map((item) => item),
  );
  try {
    await squares.forEach((item) => {
      if (items.push(item) !== killAt) return;
      for (const pid of childProcesses()) process.kill(pid, 'SIGKILL');
    });
    return { items, error: undefined };
  } catch (error) {
    return { items, error };
  }
}

it(
  'L-25, L-75: a pipeline whose worker process is killed delivers what had come back, says so, and leaves nothing behind',
  async () => {
    const seed = Number(process.env['TERCET_SEED'] ?? Date.now() % 1_000_000);
    const random = seededRandom(seed);
    let killed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const killAt = Math.floor(random() * 1.2 * ITEMS);
      await run(() =>
        openWorkers({ kind: 'process', max: 1 }, async (workers) => {
          const { items, error } = await squareUntilKilled(workers, killAt);
          expect({ seed, items }).toEqual({ seed, items: items.map((_, index) => index * index) });
          const wasKilled = error !== undefined;
          if (wasKilled) killed++;
          expect(items.length).toBeGreaterThanOrEqual(wasKilled ? killAt : ITEMS);
          const leaves = error instanceof ExceptionGroup ? error.leaves() : [];
          const causes = leaves.map((leaf) => (leaf as Error).cause ?? leaf);
          expect(causes.filter((cause) => !(cause instanceof BrokenWorkerError))).toEqual([]);
          expect(causes).toHaveLength(wasKilled ? 1 : 0);
        }),
      );
      expect(childProcesses()).toEqual([]);
    }
    expect(killed).toBeGreaterThan(0);
  },
  60_000 + ROUNDS * 10_000,
);
