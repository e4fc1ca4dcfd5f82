// The worker programs of the contestants: argument 1 says which. All run the same job at the same concurrency.
import { run } from '@tercet/core';
import { redisBackend, serveJobs } from '@tercet/parallel/engine';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

const [kind, path, concurrency] = process.argv.slice(2);
const add = (a, b) => a + b;

if (kind === 'tercet') {
  const taskStatus = { started: () => process.send('ready') };
  const backend = redisBackend({ connection: { path } });
  await run(() => serveJobs({ backend, queue: 'tercet', jobs: { add }, concurrency: Number(concurrency), taskStatus }));
} else {
  const worker = new Worker('plain', async ({ data: { a, b } }) => add(a, b), {
    connection: new Redis({ path, maxRetriesPerRequest: null }),
    concurrency: Number(concurrency),
  });
  await worker.waitUntilReady();
  process.send('ready');
}
