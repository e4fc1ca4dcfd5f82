import { rethrowIfCancelled } from '@tercet/core';
import type { Path } from '@tercet/fs';
import { Event, type CapacityLimiter } from '@tercet/sync';
import type { JobFile } from '../job-file/job-file.ts';
import { currentJob } from '../logs/context.ts';
import type { DaemonLog } from '../logs/daemon-log.ts';
import { LogFolder } from '../logs/log-folder.ts';
import type { Rotation } from '../logs/rotating-log.ts';
import type { JobReport } from '../protocol/messages.ts';
import type { JobEvent } from '../runner/job-event.ts';
import { describeFailure } from '../runner/describe-failure.ts';
import { jobAttempt } from '../runner/job-attempt.ts';
import { JobRun } from '../runner/run-jobs.ts';
import { openScratchFolder } from '../runner/scratch-folder.ts';
import { LineFeed } from './line-feed.ts';
import type { Submitted } from './runs.ts';

export interface DaemonRunParts {
  readonly log: DaemonLog;
  readonly limiter: CapacityLimiter;
  readonly rotation: Rotation;
}

/** A job file that a client has submitted: its jobs, and their output. */
export class DaemonRun implements Submitted {
  readonly number: number;
  readonly jobs: JobRun;
  readonly folder: Path;
  readonly ended: Event = new Event();
  /** Is called when something has happened to one of its jobs. Must not block. */
  onChange: (() => void) | undefined = undefined;
  readonly #feeds = new Map<string, LineFeed>();

  /** @param folder for its log files. */
  constructor(number: number, file: JobFile, folder: Path) {
    this.number = number;
    this.jobs = new JobRun(file);
    this.folder = folder;
  }

  /** The names of its jobs. */
  get names(): string[] {
    return [...this.jobs.states.keys()];
  }

  /** The output of a job; `undefined` when there is no such job. */
  feedOf(job: string): LineFeed | undefined {
    const state = this.jobs.states.get(job);
    const known = this.#feeds.get(job);
    if (state === undefined || known !== undefined) return known;
    const feed = new LineFeed();
    if (state.hasEnded) feed.end();
    this.#feeds.set(job, feed);
    return feed;
  }

  /** Runs all jobs. A failure ends this run only, not the others. */
  async carryOut({ log, limiter, rotation }: DaemonRunParts): Promise<void> {
    try {
      const logs = await LogFolder.open(this.folder, rotation);
      await using scratch = await openScratchFolder();
      const report = (event: JobEvent): void => this.#note(event, log);
      const attempt = jobAttempt({ logs, report, scratch: scratch.path.toString() });
      await this.jobs.run({ attempt, report, sharedLimiter: limiter });
      log.info({ succeeded: this.jobs.succeeded }, 'the run has ended');
    } catch (error) {
      rethrowIfCancelled(error);
      log.error({ err: error }, 'the run has failed');
      this.jobs.endTheRest('failed', `jobd failed: ${describeFailure(error)}`);
    } finally {
      this.jobs.endTheRest('cancelled', 'the run was cancelled');
      for (const feed of this.#feeds.values()) feed.end();
      this.ended.set();
    }
  }

  describe(): JobReport[] {
    const folder = this.folder.toString();
    return [...this.jobs.states].map(([name, { status, reason, attempts, duration }]) => ({
      job: `${this.number}/${name}`,
      status,
      reason,
      attempts,
      duration: Math.round(duration),
      log: `${folder}/${name}.log`,
    }));
  }

  #note(event: JobEvent, log: DaemonLog): void {
    const feed = this.feedOf(currentJob.get());
    switch (event.kind) {
      case 'output':
        feed?.publish(event.line);
        break;
      case 'started':
        log.info({ attempt: event.attempt }, 'started');
        break;
      case 'retrying':
        log.warn({ reason: event.reason, delay: event.delay }, 'failed, and will be tried again');
        break;
      case 'ended': {
        const { status, reason, attempts } = event.state;
        log.info({ reason, attempts }, status);
        feed?.end();
      }
    }
    if (event.kind !== 'output') this.onChange?.();
  }
}
