import { SHARE_ENV, Worker } from 'node:worker_threads';

/** Milliseconds between two looks. */
const EVERY = 200;

const program = `
const { workerData } = require('node:worker_threads');
setInterval(() => {
  if (process.ppid !== workerData.parent) process.kill(process.pid, 'SIGKILL');
}, workerData.every);
`;

/**
 * Ends this process when its parent has died. A closed channel says so, but only to a process whose event loop turns; a job
 * may block it for hours. So a small thread looks, too.
 */
export function watchParent(parent: number): void {
  const watcher = new Worker(program, {
    eval: true,
    execArgv: [],
    env: SHARE_ENV,
    workerData: { parent, every: EVERY },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, codeRangeSizeMb: 4 },
  });
  watcher.on('error', () => undefined);
  watcher.unref();
}
