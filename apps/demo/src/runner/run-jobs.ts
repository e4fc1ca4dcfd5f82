import { CancelScope, named, openNursery, type TaskHandle } from '@tercet/core';
import { cancelShieldedCheckpoint } from '@tercet/core/lowlevel';
import { CapacityLimiter } from '@tercet/sync';
import type { JobFile } from '../job-file/job-file.ts';
import { currentJob } from '../logs/context.ts';
import type { Report } from './job-event.ts';
import type { Attempt } from './attempt.ts';
import { JobState, type EndStatus } from './job-state.ts';
import { runJob } from './run-job.ts';

/** At most this many tasks are started in one step. */
const startedAtATime = 50;

export interface RunOptions {
  readonly attempt: Attempt;
  readonly report: Report;
  /** Whether the first job that fails ends all the others. */
  readonly failFast?: boolean;
  /** One more limit, which several runs share. */
  readonly sharedLimiter?: CapacityLimiter;
}

/** A run of the jobs of a file. The state of each job can be read at any time, also after a cancellation. */
export class JobRun {
  readonly states: ReadonlyMap<string, JobState>;
  readonly #file: JobFile;
  readonly #scope: CancelScope;
  readonly #tasks = new Map<string, TaskHandle<void>>();
  /** The jobs that were cancelled before they had a task, with the reason. */
  readonly #cancelledBefore = new Map<string, string>();

  constructor(file: JobFile) {
    this.#file = file;
    this.#scope = new CancelScope({ relativeDeadline: file.timeout });
    this.states = new Map([...file.jobs].map(([name, job]) => [name, new JobState(job)]));
  }

  get succeeded(): boolean {
    return [...this.states.values()].every(({ status }) => status === 'succeeded');
  }

  /**
   * Runs all jobs, each in a separate task, and returns when the last one has ended. A failed job is not an error.
   * There is no scheduler: a job waits for those it needs, and then for a free place.
   */
  async run({ attempt, report, failFast = false, sharedLimiter }: RunOptions): Promise<void> {
    const limiters = [
      new CapacityLimiter(this.#file.concurrency),
      ...(sharedLimiter === undefined ? [] : [sharedLimiter]),
    ];
    const parts = { attempt, report, limiters };
    await this.#scope.run(() =>
      openNursery(async (nursery) => {
        let count = 0;
        for (const [name, state] of this.states) {
          // Thousands of jobs all get a task at once. Other tasks must get a turn in between.
          if (++count % startedAtATime === 0) await cancelShieldedCheckpoint();
          const needs = state.job.needs.map((need) => this.#stateOf(need));
          const task = async (): Promise<void> => {
            await runJob(state, needs, parts);
            const hasFailed = state.status === 'failed' || state.status === 'timed out';
            if (failFast && hasFailed) this.#scope.cancel(`${name} has failed`);
          };
          const start = (): TaskHandle<void> => nursery.startSoon(named(name, task));
          const handle = currentJob.run(name, start);
          this.#tasks.set(name, handle);
          if (this.#cancelledBefore.has(name)) handle.cancel(this.#cancelledBefore.get(name));
        }
      }),
    );
  }

  /** Cancels all jobs that have not ended. */
  cancel(reason: string): void {
    this.#scope.cancel(reason);
  }

  /** Cancels one of the jobs; those that need it are skipped. */
  cancelJob(name: string, reason: string): void {
    const task = this.#tasks.get(name);
    if (task === undefined) this.#cancelledBefore.set(name, reason);
    else task.cancel(reason);
  }

  /** Shuts all jobs down: those that wait are cancelled at once, running ones when the grace, in milliseconds, is over. */
  endWithin(grace: number): void {
    this.#scope.shutdown({ grace, reason: 'the grace period is over' });
  }

  /** The run will not go on: ends all jobs that have not ended. */
  endTheRest(status: EndStatus, reason: string): void {
    for (const state of this.states.values()) if (!state.hasEnded) state.end(status, reason);
  }

  #stateOf(name: string): JobState {
    const state = this.states.get(name);
    if (state === undefined) throw new Error(`there is no job ${name}; the graph should have been checked`);
    return state;
  }
}
