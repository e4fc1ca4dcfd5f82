import { Worker } from 'node:worker_threads';
import { SharedClaims } from '../protocol/shared-claims.ts';
import { THREAD_MARK } from '../serving/parent.ts';
import { program } from './program.ts';
import type { LinkEvents, LinkOptions, WorkerLink } from './worker-link.ts';

/** Starts a thread. */
export function openThread(options: LinkOptions, events: LinkEvents): WorkerLink {
  const shared = new SharedClaims();
  const { execArgv, env, resourceLimits } = options;
  const worker = new Worker(program, {
    workerData: { [THREAD_MARK]: shared.memory },
    ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
    ...(env === undefined ? {} : { env }),
    ...(resourceLimits === undefined ? {} : { resourceLimits }),
  });
  let failure: unknown;
  let outOfMemory = false;
  worker.on('message', (batch: unknown[]) => events.batch(batch));
  worker.on('error', (error: NodeJS.ErrnoException) => {
    failure = error;
    outOfMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  });
  // Something that it has sent cannot be read here, so its call would never end.
  worker.on('messageerror', (error) => {
    failure = error;
    void worker.terminate();
  });
  worker.on('exit', (code) => events.exit({ code, signal: null, error: failure, outOfMemory }));
  return {
    post: (batch, transfers) => worker.postMessage(batch, transfers as never),
    shared,
    noted: undefined,
    hold: (holds) => (holds ? worker.ref() : worker.unref()),
    kill: () => void worker.terminate(),
  };
}
