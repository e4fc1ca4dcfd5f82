import { RunVar } from '@tercet/core/lowlevel';
import type { Process } from './process.ts';

const living = new RunVar<Set<Process> | undefined>('living processes', { default: undefined });

/** The processes that this run has started and that are still running. `main` kills them when it has to end at once. */
export function livingProcesses(): Set<Process> {
  const found = living.get();
  if (found !== undefined) return found;
  const processes = new Set<Process>();
  living.set(processes);
  return processes;
}
