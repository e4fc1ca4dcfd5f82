import { resolve } from 'node:path';
import { Path } from '@tercet/fs';
import { rethrowIfCancelled } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { UsageError } from '../usage-error.ts';
import type { JobFile } from './job-file.ts';
import { parseJobFile } from './parse-job-file.ts';
import { selectJobs } from './select-jobs.ts';

export interface LoadOptions {
  /** Takes the place of what the file says. */
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
  const file = parseJobFile(await readJobFile(path), path);
  return { ...selectJobs(file, only), concurrency: concurrency ?? file.concurrency };
}

/** @throws {UsageError} when it cannot be read. */
export async function readJobFile(path: string): Promise<string> {
  try {
    return await new Path(resolve(path)).readText();
  } catch (error) {
    rethrowIfCancelled(error);
    throw new UsageError(`the job file cannot be read: ${describeError(error)}`, { cause: error });
  }
}
