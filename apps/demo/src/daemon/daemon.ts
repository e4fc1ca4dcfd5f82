import { isShuttingDown, named, rethrowIfCancelled, shielded, type Nursery } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import type { Path } from '@tercet/fs';
import { CapacityLimiter, type MemoryReceiveChannel } from '@tercet/sync';
import type { JobFile } from '../job-file/job-file.ts';
import { selectJobs } from '../job-file/select-jobs.ts';
import { currentRun } from '../logs/context.ts';
import type { DaemonLog } from '../logs/daemon-log.ts';
import { privateFolder } from '../logs/log-file.ts';
import { RequestError, type JobReport } from '../protocol/messages.ts';
import { RefusedJobFile, type JobFileReader } from '../reading/job-file-reader.ts';
import { listOfNames, shorten } from '../text/shorten.ts';
import { UsageError } from '../input/usage-error.ts';
import type { DaemonConfig } from './config.ts';
import { DaemonRun } from './daemon-run.ts';
import type { FeedItem, LineFeed } from './line-feed.ts';
import type { Listed, Runs } from './runs.ts';

export interface DaemonParts {
  /** Runs the tasks of the runs. */
  readonly nursery: Pick<Nursery, 'startSoon'>;
  readonly log: DaemonLog;
  readonly reader: Pick<JobFileReader, 'read'>;
  /** For the log files: one folder in it for each run. */
  readonly folder: Path;
  /** The number of the first run. */
  readonly first: number;
}

/** At most this many jobs are listed at once: the answer is made in one synchronous step. */
const mostListed = 10_000;

/** The runs of a daemon, and what clients can do with them. Its methods throw a RequestError for a bad request. */
export class Daemon implements Runs {
  readonly log: DaemonLog;
  readonly #nursery: DaemonParts['nursery'];
  readonly #reader: DaemonParts['reader'];
  readonly #folder: Path;
  readonly #limiter: CapacityLimiter;
  readonly #runs = new Map<number, DaemonRun>();
  #config: DaemonConfig;
  #next: number;

  constructor(config: DaemonConfig, { nursery, log, reader, folder, first }: DaemonParts) {
    this.log = log;
    this.#nursery = nursery;
    this.#reader = reader;
    this.#config = config;
    this.#folder = folder;
    this.#next = first;
    this.#limiter = new CapacityLimiter(config.concurrency);
  }

  get config(): DaemonConfig {
    return this.#config;
  }

  /** Applies from now on. Running jobs are not affected. */
  set config(config: DaemonConfig) {
    this.#config = config;
    this.#limiter.totalTokens = config.concurrency;
    this.log.level = config.logLevel;
  }

  /** @returns the new run, whose jobs have not begun yet. */
  async submit(text: string, path: string, only: readonly string[] = []): Promise<DaemonRun> {
    this.#requireRunning();
    const file = await this.#readJobFile(text, path, only);
    this.#requireRunning();
    // Before the client gets the number: if the daemon is killed now, it does not use the number again after a restart.
    const [number, folder] = await this.#makeRunFolder();
    this.#requireRunning();
    const run = this.#addRun(number, file, folder);
    currentRun.run(number, () => this.#nursery.startSoon(named(`run ${number}`, () => this.#carryOut(run))));
    this.log.info({ run: number, jobs: run.jobs.states.size, path }, 'submitted');
    return run;
  }

  /** The names of the jobs of a file that are to run. */
  async jobsIn(text: string, path: string, only: readonly string[]): Promise<string[]> {
    return [...(await this.#readJobFile(text, path, only)).jobs.keys()];
  }

  /**
   * Carries out a run that has a number already, in the calling task. When it was begun here before, it begins again.
   *
   * @param onChange is called with the run when something has happened to it.
   */
  async carryOut(
    number: number,
    file: { readonly text: string; readonly path: string; readonly only: readonly string[] },
    onChange: (run: DaemonRun) => void,
  ): Promise<JobReport[]> {
    const jobFile = await this.#readJobFile(file.text, file.path, file.only);
    const folder = this.#folder.join(String(number));
    await folder.mkdir({ parents: true, existOk: true, mode: privateFolder });
    const run = this.#addRun(number, jobFile, folder);
    run.onChange = () => onChange(run);
    run.onChange();
    await currentRun.run(number, () => this.#carryOut(run));
    return run.describe();
  }

  #addRun(number: number, file: JobFile, folder: Path): DaemonRun {
    const run = new DaemonRun(number, file, folder);
    this.#runs.set(number, run);
    return run;
  }

  async #carryOut(run: DaemonRun): Promise<void> {
    await run.carryOut({ log: this.log, limiter: this.#limiter, rotation: this.#config.rotate });
    await this.#forgetOldRuns();
  }

  /** Whether a run is known here. */
  has(number: number): boolean {
    return this.#runs.has(number);
  }

  /** All jobs of a run; without a number, those of the latest runs, and how many more there are. */
  async list(number?: number): Promise<Listed> {
    if (number !== undefined) return { jobs: this.#runOf(number).describe() };
    const shown: DaemonRun[] = [];
    let [count, more] = [0, 0];
    for (const run of [...this.#runs.values()].reverse()) {
      const { size } = run.jobs.states;
      if (count === 0 || (more === 0 && count + size <= mostListed)) shown.unshift(run);
      else more += size;
      count += size;
    }
    const jobs = shown.flatMap((run) => run.describe());
    return more === 0 ? { jobs } : { jobs, more };
  }

  /** @param target a run, or a job of it: `3`, `3/build`. */
  async cancel(target: string, reason: string): Promise<void> {
    const { run, job } = this.#find(target);
    this.log.info({ target }, 'cancelled by a client');
    if (job === undefined) run.jobs.cancel(reason);
    else run.jobs.cancelJob(job, reason);
  }

  async tail(
    target: string,
    body: (lines: MemoryReceiveChannel<FeedItem>) => Promise<void>,
  ): Promise<JobReport | undefined> {
    await this.#feedOf(target).subscribe(this.#config.limits.tail, body);
    return this.#statusOf(target);
  }

  #feedOf(target: string): LineFeed {
    const { run, job } = this.#find(target);
    const feed = job === undefined ? undefined : run.feedOf(job);
    if (feed === undefined) throw new RequestError('bad-request', `${target} is a run; its jobs can be tailed`);
    return feed;
  }

  #statusOf(target: string): JobReport | undefined {
    return this.#find(target)
      .run.describe()
      .find(({ job }) => job === target);
  }

  /**
   * To be called when the scope around the daemon is shutting down, so that no job begins any more. Running jobs are cancelled
   * when the grace period is over. Returns when all have ended.
   */
  async stop(): Promise<void> {
    const runs = [...this.#runs.values()];
    for (const { jobs } of runs) jobs.endWithin(this.#config.grace);
    for (const { ended } of runs) await ended.wait();
  }

  /** While one is made, a shutdown may begin. */
  #requireRunning(): void {
    if (isShuttingDown()) throw new RequestError('shutting-down', 'jobd is stopping, and takes no more jobs');
  }

  #find(target: string): { readonly run: DaemonRun; readonly job: string | undefined } {
    const [number, job] = target.split('/');
    const run = this.#runOf(Number(number));
    if (job !== undefined && !run.jobs.states.has(job)) {
      throw new RequestError(
        'not-found',
        `run ${number} has no job "${shorten(job, 100)}", but ${listOfNames(run.jobs.states.keys())}`,
      );
    }
    return { run, job };
  }

  #runOf(number: number): DaemonRun {
    const run = this.#runs.get(number);
    if (run === undefined) throw new RequestError('not-found', `there is no run ${number}, or it was long ago`);
    return run;
  }

  async #readJobFile(text: string, path: string, only: readonly string[]): Promise<JobFile> {
    try {
      return selectJobs(await this.#reader.read(text, path), only);
    } catch (error) {
      if (error instanceof RefusedJobFile || error instanceof UsageError) {
        throw new RequestError('bad-job-file', error.message);
      }
      throw error;
    }
  }

  /** Creates a folder for logs. It must be new, so that no one else can choose where the logs of a run go. */
  async #makeRunFolder(): Promise<[number: number, folder: Path]> {
    for (;;) {
      const number = this.#next++;
      const folder = this.#folder.join(String(number));
      try {
        await this.#folder.mkdir({ parents: true, existOk: true, mode: privateFolder });
        await folder.mkdir({ mode: privateFolder });
        return [number, folder];
      } catch (error) {
        rethrowIfCancelled(error);
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
        throw new RequestError('internal', `there is no place for the logs: ${describeError(error)}`);
      }
    }
  }

  /** A folder that cannot be removed stays. It takes some space, but other jobs must go on. */
  async #forgetOldRuns(): Promise<void> {
    const ended = [...this.#runs.values()].filter((run) => run.ended.isSet);
    for (const run of ended.slice(0, Math.max(0, ended.length - this.#config.keepRuns))) {
      this.#runs.delete(run.number);
      try {
        await shielded(() => run.folder.remove({ recursive: true, missingOk: true }));
      } catch (error) {
        rethrowIfCancelled(error);
        const reason = describeError(error);
        this.log.warn({ run: run.number, folder: run.folder.toString(), reason }, 'old logs cannot be removed');
      }
    }
  }
}
