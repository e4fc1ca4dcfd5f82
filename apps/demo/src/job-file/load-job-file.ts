import { readTextFile } from '../input/read-text-file.ts';
import type { JobFile } from './job-file.ts';
import { parseJobFile } from './parse-job-file.ts';
import { selectJobs } from './select-jobs.ts';

export interface LoadOptions {
  /** Overrides that of the file. */
  readonly concurrency?: number | undefined;
  /** Only these jobs, and those they need; all when there are none. */
  readonly only?: readonly string[];
}

/**
 * Reads a job file.
 *
 * @throws {InputError} when it is wrong. @throws {UsageError} when it cannot be read, or has no such job.
 */
export async function loadJobFile(path: string, { concurrency, only = [] }: LoadOptions = {}): Promise<JobFile> {
  const file = parseJobFile(await readTextFile(path, 'the job file'), path);
  return { ...selectJobs(file, only), concurrency: concurrency ?? file.concurrency };
}
