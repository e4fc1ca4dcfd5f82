import type { JobState } from './job-state.ts';

/** Something that has happened to a job: the one that `currentJob` names. */
export type JobEvent =
  | { readonly kind: 'started'; readonly attempt: number; readonly attempts: number }
  | { readonly kind: 'output'; readonly line: string }
  | { readonly kind: 'retrying'; readonly reason: string; readonly delay: number }
  | { readonly kind: 'ended'; readonly state: JobState };

/** Must not block: jobs call it. */
export type Report = (event: JobEvent) => void;
