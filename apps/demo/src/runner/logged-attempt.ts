import { isCancelled } from '@tercet/core';
import type { Job } from '../job-file/job-file.ts';
import { JobOutput } from '../logs/job-output.ts';
import type { LogFolder } from '../logs/log-folder.ts';
import type { AttemptResult } from './attempt.ts';
import { leavesOf } from './cancellation-in.ts';
import { describeFailure, isSystemFailure } from './describe-failure.ts';
import type { Report } from './job-event.ts';

export interface AttemptParts {
  readonly logs: LogFolder;
  readonly report: Report;
  /** A folder that the jobs of a run share. */
  readonly scratch: string;
}

/** Makes an attempt of a job: its output goes to its log and to the report, also what it writes while it is being ended. */
export async function loggedAttempt(
  job: Job,
  number: number,
  { logs, report }: AttemptParts,
  body: (output: JobOutput) => Promise<AttemptResult>,
): Promise<AttemptResult> {
  try {
    const log = await logs.openLog(job.name);
    await using output = new JobOutput(log, (line) => report({ kind: 'output', line }));
    await output.note(`attempt ${number}, ${new Date().toISOString()}`);
    return await body(output);
  } catch (error) {
    // A full disk, or a file in the wrong place: this job has failed, but the others may succeed.
    if (!isRefusal(error)) throw error;
    return { succeeded: false, reason: describeFailure(error) };
  }
}

/** The environment of a job. */
export function environmentOf(job: Job, number: number, scratch: string): Record<string, string | undefined> {
  const own = { JOBD_JOB: job.name, JOBD_ATTEMPT: String(number), JOBD_SCRATCH: scratch };
  return { ...process.env, ...job.env, ...own };
}

/** Whether the system has refused something, and nothing else has happened except for a cancellation. */
function isRefusal(error: unknown): boolean {
  const leaves = leavesOf(error).filter((leaf) => !isCancelled(leaf));
  return leaves.length > 0 && leaves.every(isSystemFailure);
}
