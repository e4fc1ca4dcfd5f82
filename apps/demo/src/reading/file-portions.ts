import { InputError } from '../input/input-error.ts';
import { readJobFile } from '../job-file/parse-job-file.ts';
import type { FileInput, JobInput } from '../job-file/schema.ts';

/** A question to the thread: to read a job file, or to go on with the one that it has read. */
export type Question = { readonly text: string; readonly path: string } | 'more';

/** Its answer: a problem with the file; or first everything except for the jobs, then the jobs in portions. */
export type Portion =
  | { readonly problem: string }
  | { readonly file: Omit<FileInput, 'jobs'> }
  | { readonly jobs: readonly (readonly [name: string, job: JobInput])[]; readonly isLast: boolean };

/** At most this many jobs, needs, arguments and variables are in a portion: a message is decoded in one synchronous step. */
const portionSize = 200;

/** Reads a job file, and yields its content in portions. */
export function* portionsOf(text: string, path: string): Generator<Portion, void> {
  let input: FileInput;
  try {
    input = readJobFile(text, path);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    yield { problem: error.message };
    return;
  }
  const { jobs: all, ...file } = input;
  yield { file };
  let jobs: (readonly [string, JobInput])[] = [];
  let size = 0;
  for (const entry of all) {
    if (size >= portionSize) {
      yield { jobs, isLast: false };
      jobs = [];
      size = 0;
    }
    jobs.push(entry);
    size += sizeOf(entry[1]);
  }
  yield { jobs, isLast: true };
}

function sizeOf({ run, needs, env }: JobInput): number {
  return 1 + argumentsOf(run) + (needs?.length ?? 0) + (env?.size ?? 0);
}

function argumentsOf(run: JobInput['run']): number {
  if (typeof run === 'string') return 0;
  return Array.isArray(run) ? run.length : (run.args?.length ?? 0);
}
