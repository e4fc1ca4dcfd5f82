import { moveOnAfter, named, rethrowIfCancelled, shielded, type Nursery } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import type { Path } from '@tercet/fs';
import { CapacityLimiter } from '@tercet/sync';
import { InputError } from '../input/input-error.ts';
import type { JobFile } from '../job-file/job-file.ts';
import { parseJobFile } from '../job-file/parse-job-file.ts';
import { selectJobs } from '../job-file/select-jobs.ts';
import { currentRun } from '../logs/context.ts';
import type { DaemonLog } from '../logs/daemon-log.ts';
import { RequestError, type JobReport } from '../protocol/messages.ts';
import { UsageError } from '../usage-error.ts';
import type { DaemonConfig } from './config.ts';
import { DaemonRun } from './daemon-run.ts';
import type { LineFeed } from './line-feed.ts';

/** The runs of a daemon, and what clients can do with them. Its methods throw a RequestError for a bad request. */
export class Daemon {
  readonly log: DaemonLog;
  readonly #nursery: Pick<Nursery, 'startSoon'>;
  readonly #folder: Path;
  readonly #limiter: CapacityLimiter;
  readonly #runs = new Map<number, DaemonRun>();
  #config: DaemonConfig;
  #next: number;
  #stopping = false;

  /** @param nursery in which the runs live. @param folder for the log files. @param first the number of the first run. */
  constructor(nursery: Pick<Nursery, 'startSoon'>, config: DaemonConfig, log: DaemonLog, folder: Path, first: number) {
    this.log = log;
    this.#nursery = nursery;
    this.#config = config;
    this.#folder = folder;
    this.#next = first;
    this.#limiter = new CapacityLimiter(config.concurrency);
  }

  get config(): DaemonConfig {
    return this.#config;
  }

  /** From now on; what is running goes on. */
  set config(config: DaemonConfig) {
    this.#config = config;
    this.#limiter.totalTokens = config.concurrency;
    this.log.level = config.logLevel;
  }

  /** @returns the new run, whose jobs have not begun yet. */
  async submit(text: string, path: string, only: readonly string[] = []): Promise<DaemonRun> {
    this.#requireRunning();
    const file = readJobFile(text, path, only);
    const number = this.#next++;
    const run = new DaemonRun(number, file, this.#folder.join(String(number)));
    // Before the client learns the number: a daemon that is killed now does not give it away again when it is back.
    await makeFolder(run.folder);
    this.#requireRunning();
    this.#runs.set(number, run);
    const parts = { log: this.log, limiter: this.#limiter, rotation: this.#config.rotate };
    const task = named(`run ${number}`, async () => {
      await run.carryOut(parts);
      await this.#forgetOldRuns();
    });
    currentRun.run(number, () => this.#nursery.startSoon(task));
    this.log.info({ run: number, jobs: run.jobs.states.size, path }, 'submitted');
    return run;
  }

  list(number?: number): JobReport[] {
    const runs = number === undefined ? [...this.#runs.values()] : [this.#runOf(number)];
    return runs.flatMap((run) => run.describe());
  }

  /** @param target a run, or a job of it: `3`, `3/build`. */
  cancel(target: string, reason: string): void {
    const { run, job } = this.#find(target);
    this.log.info({ target }, 'cancelled by a client');
    if (job === undefined) run.jobs.cancel(reason);
    else run.jobs.cancelJob(job, reason);
  }

  feedOf(target: string): LineFeed {
    const { run, job } = this.#find(target);
    const feed = job === undefined ? undefined : run.feedOf(job);
    if (feed === undefined) throw new RequestError('bad-request', `${target} is a run; its jobs can be tailed`);
    return feed;
  }

  statusOf(target: string): JobReport | undefined {
    return this.#find(target)
      .run.describe()
      .find(({ job }) => job === target);
  }

  /** Lets what is running end within the grace period, and ends the rest; returns when nothing is left. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const runs = [...this.#runs.values()];
    const allEnded = async (): Promise<void> => {
      for (const run of runs) await run.ended.wait();
    };
    for (const { jobs } of runs) jobs.cancelWaiting('jobd is stopping');
    await moveOnAfter(this.#config.grace, allEnded);
    for (const { jobs } of runs) jobs.cancel('the grace period is over');
    await allEnded();
  }

  #requireRunning(): void {
    if (this.#stopping) throw new RequestError('shutting-down', 'jobd is stopping, and takes no jobs any more');
  }

  #find(target: string): { readonly run: DaemonRun; readonly job: string | undefined } {
    const [number, job] = target.split('/');
    const run = this.#runOf(Number(number));
    if (job !== undefined && !run.jobs.states.has(job)) {
      throw new RequestError(
        'not-found',
        `run ${number} has no job "${job}", but ${[...run.jobs.states.keys()].join(', ')}`,
      );
    }
    return { run, job };
  }

  #runOf(number: number): DaemonRun {
    const run = this.#runs.get(number);
    if (run === undefined) throw new RequestError('not-found', `there is no run ${number}, or it was long ago`);
    return run;
  }

  async #forgetOldRuns(): Promise<void> {
    const ended = [...this.#runs.values()].filter((run) => run.ended.isSet);
    for (const run of ended.slice(0, Math.max(0, ended.length - this.#config.keepRuns))) {
      this.#runs.delete(run.number);
      await shielded(() => run.folder.remove({ recursive: true, missingOk: true }));
    }
  }
}

async function makeFolder(folder: Path): Promise<void> {
  try {
    await folder.mkdir({ parents: true, existOk: true });
  } catch (error) {
    rethrowIfCancelled(error);
    throw new RequestError('internal', `there is no place for the logs: ${describeError(error)}`);
  }
}

function readJobFile(text: string, path: string, only: readonly string[]): JobFile {
  try {
    return selectJobs(parseJobFile(text, path), only);
  } catch (error) {
    if (error instanceof InputError || error instanceof UsageError) {
      throw new RequestError('bad-job-file', error.message);
    }
    throw error;
  }
}
