import type { FunctionCall, Job } from '../job-file/job-file.ts';
import type { Attempt } from './attempt.ts';
import { functionAttempt } from './function-attempt.ts';
import { environmentOf, loggedAttempt, type AttemptParts } from './logged-attempt.ts';
import { processAttempt } from './process-attempt.ts';

/** Runs jobs: programs as processes, functions in workers. */
export function jobAttempt(parts: AttemptParts): Attempt {
  return (job, number) =>
    loggedAttempt(job, number, parts, (output) => {
      const { command } = job;
      const env = environmentOf(job, number, parts.scratch);
      return isFunctionCall(command)
        ? functionAttempt(job, command, env, output)
        : processAttempt(job, command, env, output);
    });
}

function isFunctionCall(command: Job['command']): command is FunctionCall {
  return 'module' in command;
}
