import { isError } from '@tercet/core/lowlevel';
import { runProcess } from '@tercet/proc';
import type { Job } from '../job-file/job-file.ts';
import { JobOutput } from '../logs/job-output.ts';
import type { LogFolder } from '../logs/log-folder.ts';
import type { Report } from '../report/job-event.ts';
import type { Attempt } from './attempt.ts';

export interface ProcessParts {
  readonly logs: LogFolder;
  readonly report: Report;
  /** A folder for what the jobs of a run pass on to each other. */
  readonly scratch: string;
}

/** Runs jobs as processes. What they write goes to their log and to the report, also what they say when they must go. */
export function processAttempt({ logs, report, scratch }: ProcessParts): Attempt {
  return async (job, number) => {
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
        // Whatever the job starts ends with it.
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
  };
}

function environmentOf(job: Job, number: number, scratch: string): Record<string, string | undefined> {
  const own = { JOBD_JOB: job.name, JOBD_ATTEMPT: String(number), JOBD_SCRATCH: scratch };
  return { ...process.env, ...job.env, ...own };
}

/** A program or a folder that is missing is the job's mistake; everything else is an error of jobd. */
function isStartFailure(error: unknown): error is Error {
  if (!isError(error)) return false;
  const { syscall } = error as NodeJS.ErrnoException;
  return syscall === 'chdir' || syscall?.startsWith('spawn') === true;
}
