import type { Job, JobFile } from '../../src/job-file/job-file.ts';

/** A job file in which each job runs a command of its name at once, without needs, limits and retries, unless it says otherwise. */
export function jobFileOf(jobs: Readonly<Record<string, Partial<Job>>>, options: Partial<JobFile> = {}): JobFile {
  const all = Object.entries(jobs).map(([name, job]): [string, Job] => [
    name,
    {
      name,
      command: [name],
      needs: [],
      timeout: Infinity,
      grace: 0,
      retry: { times: 0, delay: 0, factor: 2, maxDelay: Infinity },
      env: {},
      cwd: '/',
      ...job,
    },
  ]);
  return { path: 'jobs.yaml', concurrency: 100, timeout: Infinity, ...options, jobs: new Map(all) };
}
