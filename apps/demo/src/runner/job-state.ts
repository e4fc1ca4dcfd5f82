import { currentTime } from '@tercet/core';
import { Event } from '@tercet/sync';
import type { Job } from '../job-file/job-file.ts';

export type JobStatus = 'waiting' | 'running' | EndStatus;

export type EndStatus = 'succeeded' | 'failed' | 'timed out' | 'skipped' | 'cancelled';

/** The progress of a job. Its task writes it; jobs that need it wait for `ended`. */
export class JobState {
  readonly job: Job;
  #status: JobStatus = 'waiting';
  #reason: string | undefined = undefined;
  #attempts = 0;
  #startedAt: number | undefined = undefined;
  #endedAt: number | undefined = undefined;
  /** Created on first use: in a file of ten thousand jobs, no other job waits for most of them. */
  #ended: Event | undefined;

  constructor(job: Job) {
    this.job = job;
  }

  get ended(): Event {
    if (this.#ended === undefined) {
      this.#ended = new Event();
      if (this.hasEnded) this.#ended.set();
    }
    return this.#ended;
  }

  get hasEnded(): boolean {
    return this.#endedAt !== undefined;
  }

  get status(): JobStatus {
    return this.#status;
  }

  /** Why it did not succeed. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** How many attempts have begun. */
  get attempts(): number {
    return this.#attempts;
  }

  /** From the start of the first attempt until the end of the last one, or until now: milliseconds. */
  get duration(): number {
    return this.#startedAt === undefined ? 0 : (this.#endedAt ?? currentTime()) - this.#startedAt;
  }

  /** @returns the number of the attempt, from 1. */
  beginAttempt(): number {
    this.#status = 'running';
    this.#startedAt ??= currentTime();
    return ++this.#attempts;
  }

  end(status: EndStatus, reason?: string): void {
    this.#status = status;
    this.#reason = reason;
    this.#endedAt = currentTime();
    this.#ended?.set();
  }
}
