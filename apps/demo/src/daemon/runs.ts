import type { MemoryReceiveChannel } from '@tercet/sync';
import type { DaemonLog } from '../logs/daemon-log.ts';
import type { JobReport } from '../protocol/messages.ts';
import type { DaemonConfig } from './config.ts';
import type { FeedItem } from './line-feed.ts';

/** The answer to a submission. */
export interface Submitted {
  readonly number: number;
  /** Of its jobs. */
  readonly names: readonly string[];
}

/** The listed jobs, and the number of the others. */
export interface Listed {
  readonly jobs: readonly JobReport[];
  readonly more?: number;
}

/** The runs that clients can see. The methods throw a RequestError for a bad request. */
export interface Runs {
  readonly log: DaemonLog;
  readonly config: DaemonConfig;
  submit(text: string, path: string, only?: readonly string[]): Promise<Submitted>;
  /** All jobs of a run; without a number, those of the latest runs. */
  list(number?: number): Promise<Listed>;
  /** @param target a run, or a job of it: `3`, `3/build`. */
  cancel(target: string, reason: string): Promise<void>;
  /** Called when the scope around the daemon is shutting down; returns when the runs that it carries out have ended. */
  stop(): Promise<void>;
  /**
   * Calls the body with the output of a job, until the job ends.
   *
   * @returns how it has ended.
   */
  tail(job: string, body: (lines: MemoryReceiveChannel<FeedItem>) => Promise<void>): Promise<JobReport | undefined>;
}
