// A program whose workers run a module that a bundler has written beside it.
import { CancelScope, run } from '@tercet/core';
import { openWorkers, registerError, remote } from '@tercet/parallel';
import type { Executor } from '@tercet/parallel';
import { OutOfStockError } from './errors.ts';

registerError(OutOfStockError);

const jobs = remote<typeof import('./jobs.ts')>(new URL('./jobs.js', import.meta.url));

async function isCancelled(workers: Executor): Promise<boolean> {
  const scope = new CancelScope();
  await scope.run(() => workers.with({ onProgress: () => scope.cancel() }).run(jobs.waitForever));
  return scope.cancelledCaught;
}

async function answerWhenAsked(workers: Executor): Promise<unknown> {
  const scope = new CancelScope();
  return scope.run(() => workers.with({ onProgress: () => scope.cancel(), grace: Infinity }).run(jobs.spin));
}

async function sum(items: AsyncIterable<number>): Promise<number> {
  let total = 0;
  for await (const item of items) total += item;
  return total;
}

for (const kind of ['thread', 'process'] as const) {
  await run(() =>
    openWorkers({ kind, max: 1 }, async (workers) => {
      console.log(await workers.run(jobs.norm, { x: 3, y: 4 }), await workers.run(jobs.where));
      console.log(await workers.stream(jobs.count, [10], sum));
      console.log('cancelled', await isCancelled(workers));
      if (kind === 'thread') {
        console.log(await answerWhenAsked(workers));
        console.log((await workers.run(jobs.give)).byteLength, await workers.run(jobs.left));
      }
      try {
        await workers.run(jobs.order);
      } catch (error) {
        console.log(error instanceof OutOfStockError);
      }
    }),
  );
}
