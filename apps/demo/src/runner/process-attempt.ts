import { isCancelled } from '@tercet/core';
import { runProcess } from '@tercet/proc';
import type { Job } from '../job-file/job-file.ts';
import { JobOutput } from '../logs/job-output.ts';
import type { LogFolder } from '../logs/log-folder.ts';
import type { Report } from './job-event.ts';
import type { Attempt, AttemptResult } from './attempt.ts';
import { leavesOf } from './cancellation-in.ts';
import { describeFailure, isSystemFailure } from './describe-failure.ts';

export interface ProcessParts {
  readonly logs: LogFolder;
  readonly report: Report;
  /** A folder that the jobs of a run share. */
  readonly scratch: string;
}

/** Runs jobs as processes. Their output goes to their log and to the report, also what they write while they are being ended. */
export function processAttempt(parts: ProcessParts): Attempt {
  return async (job, number) => {
    try {
      return await attempt(job, number, parts);
    } catch (error) {
      // A full disk, or a file in the wrong place: this job has failed, but the others may succeed.
      if (!isRefusal(error)) throw error;
      return { succeeded: false, reason: describeFailure(error) };
    }
  };
}

async function attempt(job: Job, number: number, { logs, report, scratch }: ProcessParts): Promise<AttemptResult> {
  const log = await logs.openLog(job.name);
  await using output = new JobOutput(log, (line) => report({ kind: 'output', line }));
  await output.note(`attempt ${number}, ${new Date().toISOString()}`);
  const [file, ...args] = job.command;
  try {
    const { exitCode, signal } = await runProcess(file, args, {
      cwd: job.cwd,
      env: environmentOf(job, number, scratch),
      stdout: output,
      stderr: 'stdout',
      // Processes that the job has started end with it, unless they have left its process group, as `setsid` does.
      killTree: true,
      gracePeriod: job.grace,
      outputTimeout: job.grace,
      check: false,
    });
    if (exitCode === 0) return { succeeded: true };
    return { succeeded: false, reason: signal === null ? `exit code ${exitCode}` : `ended by ${signal}` };
  } catch (error) {
    if (!isStartFailure(error)) throw error;
    await output.note(error.message);
    return { succeeded: false, reason: error.message };
  }
}

function environmentOf(job: Job, number: number, scratch: string): Record<string, string | undefined> {
  const own = { JOBD_JOB: job.name, JOBD_ATTEMPT: String(number), JOBD_SCRATCH: scratch };
  return { ...process.env, ...job.env, ...own };
}

/** A program or a folder that is missing. */
function isStartFailure(error: unknown): error is Error {
  if (!isSystemFailure(error)) return false;
  const { syscall } = error;
  return syscall === 'chdir' || syscall?.startsWith('spawn') === true;
}

/** Whether the system has refused something, and nothing else has happened except for a cancellation. */
function isRefusal(error: unknown): boolean {
  const leaves = leavesOf(error).filter((leaf) => !isCancelled(leaf));
  return leaves.length > 0 && leaves.every(isSystemFailure);
}
