import Table from 'cli-table3';
import type { EndStatus, JobState } from '../runner/job-state.ts';
import { printable } from '../text/printable.ts';
import type { Summary } from './display.ts';
import { formatDuration } from '../text/format-duration.ts';

/** The order in which results are listed. */
const results: readonly EndStatus[] = ['succeeded', 'failed', 'timed out', 'skipped', 'cancelled'];

/** Makes a text stand out on a terminal; elsewhere it is returned as it is. */
export type Paint = (status: JobState['status'], text: string) => string;

/** A table with a row per job, and a line that counts them. */
export function summaryText({ states, duration, logs }: Summary, paint: Paint = (_, text) => text): string {
  const table = new Table({
    head: ['job', 'result', 'attempts', 'time', 'why'],
    colAligns: ['left', 'left', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const state of states) {
    const { job, status, attempts, reason } = state;
    const time = attempts === 0 ? '' : formatDuration(state.duration);
    table.push([job.name, paint(status, status), attempts, time, printable(reason ?? '')]);
  }
  const counts = results
    .map((result) => [result, states.filter(({ status }) => status === result).length] as const)
    .filter(([, count]) => count > 0)
    .map(([result, count]) => `${count} ${result}`);
  const jobs = states.length === 1 ? '1 job' : `${states.length} jobs`;
  return `\n${table.toString()}\n${jobs} in ${formatDuration(duration)}: ${counts.join(', ')}\nlogs: ${printable(logs)}\n`;
}
