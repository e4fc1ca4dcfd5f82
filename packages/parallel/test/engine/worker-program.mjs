// A worker program: serves the jobs of jobs.mjs until SIGTERM. Arguments: the socket of Redis, the queue, options.
import { CancelScope, run } from '@tercet/core';
import { redisBackend, serveJobs } from '@tercet/parallel/engine';
import * as jobs from './jobs.mjs';

const [path, queue, json] = process.argv.slice(2);
const { lock, check, maxLost, concurrency, prefix, grace = 0 } = JSON.parse(json);
const backend = redisBackend({ connection: { path }, lock, check, maxLost, prefix });
const { note, quick, slow, long } = jobs;

await run(async () => {
  const scope = new CancelScope();
  process.once('SIGTERM', () => scope.shutdown({ grace }));
  await scope.run(() => {
    const taskStatus = { started: () => process.send('begun') };
    return serveJobs({ backend, queue, jobs: { note, quick, slow, long }, concurrency, taskStatus });
  });
});
process.disconnect();
