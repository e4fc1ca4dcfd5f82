import { listOfNames, shorten } from '../text/shorten.ts';
import { UsageError } from '../input/usage-error.ts';
import { withNeeds } from './graph.ts';
import type { JobFile } from './job-file.ts';

/**
 * The file with these jobs only, and those they need; with all when there are none.
 *
 * @throws {UsageError} when there is no such job.
 */
export function selectJobs(file: JobFile, only: readonly string[]): JobFile {
  const { path, jobs } = file;
  if (only.length === 0) return file;
  const unknown = only.find((name) => !jobs.has(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `there is no job "${shorten(unknown, 100)}" in ${path}; its jobs are ${listOfNames(jobs.keys())}`,
    );
  }
  const chosen = withNeeds(new Map([...jobs].map(([name, { needs }]) => [name, needs])), only);
  return { ...file, jobs: new Map([...jobs].filter(([name]) => chosen.has(name))) };
}
