import { moveOnAfter, named, openNursery } from '@tercet/core';
import { CapacityLimiter } from '@tercet/sync';
import type { JobFile } from '../job-file/job-file.ts';
import { currentJob } from '../logs/current-job.ts';
import type { Report } from '../report/job-event.ts';
import type { Attempt } from './attempt.ts';
import { JobState } from './job-state.ts';
import { runJob } from './run-job.ts';

export interface RunOptions {
  readonly attempt: Attempt;
  readonly report: Report;
  /** Whether the first job that fails ends all the others. */
  readonly failFast?: boolean;
}

/** The jobs of a file, on their way. How each one fares can be read at any time, also when the run was cancelled. */
export class JobRun {
  readonly states: ReadonlyMap<string, JobState>;
  readonly #file: JobFile;

  constructor(file: JobFile) {
    this.#file = file;
    this.states = new Map([...file.jobs].map(([name, job]) => [name, new JobState(job)]));
  }

  get succeeded(): boolean {
    return [...this.states.values()].every(({ status }) => status === 'succeeded');
  }

  /**
   * Runs all jobs, each in a task of its own, and returns when the last one has ended. That a job fails is no error.
   * There is no scheduler: a job waits for those it needs, and then for a free place.
   */
  async run({ attempt, report, failFast = false }: RunOptions): Promise<void> {
    const parts = { attempt, report, limiter: new CapacityLimiter(this.#file.concurrency) };
    await moveOnAfter(this.#file.timeout, () =>
      openNursery((nursery) => {
        for (const [name, state] of this.states) {
          const needs = state.job.needs.map((need) => this.#stateOf(need));
          const task = async (): Promise<void> => {
            await runJob(state, needs, parts);
            const hasFailed = state.status === 'failed' || state.status === 'timed out';
            if (failFast && hasFailed) nursery.cancelScope.cancel(`${name} has failed`);
          };
          currentJob.run(name, () => nursery.startSoon(named(name, task)));
        }
      }),
    );
  }

  #stateOf(name: string): JobState {
    const state = this.states.get(name);
    if (state === undefined) throw new Error(`there is no job ${name}; the graph should have been checked`);
    return state;
  }
}
