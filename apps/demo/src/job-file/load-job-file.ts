import { resolve } from 'node:path';
import { Path } from '@tercet/fs';
import { rethrowIfCancelled } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { UsageError } from '../usage-error.ts';
import { withNeeds } from './graph.ts';
import type { JobFile } from './job-file.ts';
import { parseJobFile } from './parse-job-file.ts';

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
  return { ...file, concurrency: concurrency ?? file.concurrency, jobs: select(file, only) };
}

async function readJobFile(path: string): Promise<string> {
  try {
    return await new Path(resolve(path)).readText();
  } catch (error) {
    rethrowIfCancelled(error);
    throw new UsageError(`the job file cannot be read: ${describeError(error)}`, { cause: error });
  }
}

function select({ path, jobs }: JobFile, only: readonly string[]): JobFile['jobs'] {
  if (only.length === 0) return jobs;
  const unknown = only.find((name) => !jobs.has(name));
  if (unknown !== undefined) {
    throw new UsageError(`there is no job "${unknown}" in ${path}; its jobs are ${[...jobs.keys()].join(', ')}`);
  }
  const chosen = withNeeds(new Map([...jobs].map(([name, { needs }]) => [name, needs])), only);
  return new Map([...jobs].filter(([name]) => chosen.has(name)));
}
