import { runProcess } from '@tercet/proc';
import type { Job, Program } from '../job-file/job-file.ts';
import type { JobOutput } from '../logs/job-output.ts';
import type { AttemptResult } from './attempt.ts';
import { isSystemFailure } from './describe-failure.ts';

/** Runs a program as a process, with all that it starts. */
export async function processAttempt(
  job: Job,
  [file, ...args]: Program,
  env: Record<string, string | undefined>,
  output: JobOutput,
): Promise<AttemptResult> {
  try {
    const { exitCode, signal } = await runProcess(file, args, {
      cwd: job.cwd,
      env,
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

/** A program or a folder that is missing. */
function isStartFailure(error: unknown): error is Error {
  if (!isSystemFailure(error)) return false;
  const { syscall } = error;
  return syscall === 'chdir' || syscall?.startsWith('spawn') === true;
}
