import { extname } from 'node:path';
import { BrokenWorkerError, openWorkers, remote } from '@tercet/parallel';
import type { ReceiveChannel } from '@tercet/sync';
import type { FunctionCall, Job } from '../job-file/job-file.ts';
import type { JobOutput } from '../logs/job-output.ts';
import type { AttemptResult } from './attempt.ts';
import type { CallItem } from './call-function.ts';
import { leavesOf } from './cancellation-in.ts';

// Beside this file, both in the sources and in the build.
const { callFunction } = remote<typeof import('./call-function.ts')>(
  new URL(`call-function${extname(import.meta.url)}`, import.meta.url),
);

/**
 * Calls a function in a worker: a process, since nothing else can be ended for sure, and a new one for each attempt, so that
 * it finds the module as it is now, and nothing that another job has left. Its output is a stream: a job cannot write faster
 * than its log.
 */
export async function functionAttempt(
  job: Job,
  { module, function: name, args }: FunctionCall,
  env: Record<string, string | undefined>,
  output: JobOutput,
): Promise<AttemptResult> {
  try {
    return await openWorkers(
      { kind: 'process', max: 1, name: job.name, stdio: 'ignore', env, grace: job.grace },
      (workers) => workers.stream(callFunction, [module, name, args, job.cwd], (items) => writeAll(items, output)),
    );
  } catch (error) {
    // Only the errors of jobd itself and of the system come here: those of the function are items.
    const lost = leavesOf(error);
    if (!lost.every((leaf) => leaf instanceof BrokenWorkerError)) throw error;
    const reason = reasonOf(lost[0] as BrokenWorkerError);
    await output.note(reason);
    return { succeeded: false, reason };
  }
}

async function writeAll(items: ReceiveChannel<CallItem>, output: JobOutput): Promise<AttemptResult> {
  let result: AttemptResult = { succeeded: true };
  for await (const item of items) {
    if (typeof item === 'object' && 'failure' in item) result = { succeeded: false, reason: item.failure };
    else await output.sendAll(item);
  }
  return result;
}

function reasonOf({ exitCode, signal, message }: BrokenWorkerError): string {
  if (signal !== null) return `ended by ${signal}`;
  return exitCode === null ? message : `exit code ${exitCode} before the function had returned`;
}
