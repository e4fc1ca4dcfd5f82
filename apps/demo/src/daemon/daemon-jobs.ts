import { remote } from '@tercet/parallel';
import { job, type EngineJob } from '@tercet/parallel/engine';
import type { JobReport } from '../protocol/messages.ts';

/** The report about a run that its daemon publishes to all others. */
export interface Progress {
  /** The name of the daemon. */
  readonly daemon: string;
  readonly jobs: readonly JobReport[];
}

/** A run as it is passed to the daemon that carries it out. */
export interface SharedRun {
  readonly text: string;
  readonly path: string;
  readonly only: readonly string[];
}

/** The functions that daemons call from each other. Each daemon serves them with `serveJobs`, so no module exports them. */
interface DaemonFunctions {
  run(number: number, file: SharedRun): Promise<JobReport[]>;
  cancel(target: string, reason: string): Promise<void>;
  tail(target: string): Promise<JobReport | null>;
}
const functions = remote<DaemonFunctions>(new URL('./daemon-jobs.js', import.meta.url));

/** Carries out a run. When its daemon dies, another one begins it again. In the queue that all daemons share. */
export const runJob: EngineJob<Parameters<DaemonFunctions['run']>, Promise<JobReport[]>> = job(functions.run, {
  name: 'run',
  key: String,
  keepResult: { hours: 1 },
});
/** Cancels a job of a run that the called daemon carries out. In the queue of that daemon, see {@link queueOf}. */
export const cancelJob: EngineJob<Parameters<DaemonFunctions['cancel']>, Promise<void>> = job(functions.cancel, {
  name: 'cancel',
  atLeastOnce: 'accepted',
});
/** Reports the lines of a job as its progress. In the queue of the daemon that carries it out. */
export const tailJob: EngineJob<Parameters<DaemonFunctions['tail']>, Promise<JobReport | null>> = job(functions.tail, {
  name: 'tail',
  atLeastOnce: 'accepted',
});

/** The queue that all daemons share. */
export const QUEUE = 'jobd';

/** The queue for requests to one daemon. */
export function queueOf(daemon: string): string {
  return `${QUEUE}-${daemon}`;
}
