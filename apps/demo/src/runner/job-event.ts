import type { JobState } from './job-state.ts';

/** Something that has happened to a job. Which one it was, `currentJob` tells. */
export type JobEvent =
  | { readonly kind: 'started'; readonly attempt: number; readonly attempts: number }
  | { readonly kind: 'output'; readonly line: string }
  | { readonly kind: 'retrying'; readonly reason: string; readonly delay: number }
  | { readonly kind: 'ended'; readonly state: JobState };

/** Never blocks: it is called by the jobs themselves. */
export type Report = (event: JobEvent) => void;
