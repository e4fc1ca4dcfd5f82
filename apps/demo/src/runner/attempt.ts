import type { Job } from '../job-file/job-file.ts';

/**
 * Runs a job once, from the start of its processes until none of them is left. It is cancelled when it takes too long.
 * A failure of the job is a result. An error means that jobd cannot go on.
 */
export type Attempt = (job: Job, number: number) => Promise<AttemptResult>;

export type AttemptResult = { readonly succeeded: true } | { readonly succeeded: false; readonly reason: string };
