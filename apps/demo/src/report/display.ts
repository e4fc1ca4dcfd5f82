import type { JobState } from '../runner/job-state.ts';
import type { Report } from '../runner/job-event.ts';

/** How a run is shown. */
export interface Display {
  readonly report: Report;
  /** Updates the moving parts, until it is cancelled. */
  readonly animate: () => Promise<never>;
  /** Shows the summary. Called once, at the end, also when the run was cancelled. */
  summarize(summary: Summary): void;
}

export interface Summary {
  readonly states: readonly JobState[];
  /** Of the whole run: milliseconds. */
  readonly duration: number;
  /** The folder with the jobs' log files. */
  readonly logs: string;
}

/** Where displays write to. */
export interface Output {
  write(text: string): unknown;
}
