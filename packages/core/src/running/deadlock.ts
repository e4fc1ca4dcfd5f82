import { absorb } from '../cancellation/absorb.ts';
import { DeadlockError } from '../errors/tercet-error.ts';
import { formatTaskTree, treeOf } from '../observing/task-tree.ts';
import { onBeforeExit, warn } from './platform.ts';
import type { Run } from './run-state.ts';

/** The runs that go on, and the one listener for all of them, which is there while there are any. */
const watch: { readonly runs: Set<Run>; stop: (() => void) | undefined } = { runs: new Set(), stop: undefined };

/**
 * Notices when the process is about to end although the run has not: then nothing is left that could ever wake it. The
 * run is cancelled, so that its cleanup happens and somebody hears of it.
 *
 * @returns what ends the watch.
 */
export function watchForDeadlock(run: Run): () => void {
  watch.runs.add(run);
  watch.stop ??= onBeforeExit(() => {
    for (const each of watch.runs) breakDeadlock(each);
  });
  return () => {
    watch.runs.delete(run);
    if (watch.runs.size > 0) return;
    watch.stop?.();
    watch.stop = undefined;
  };
}

function breakDeadlock(run: Run): void {
  run.deadlockTree ??= formatTaskTree(treeOf(run));
  const { wakes } = run;
  run.main.cancelWith('deadlock', 'nothing can ever wake the run');
  if (run.wakes === wakes) warn(`a run waits for ever, behind a shield:\n${run.deadlockTree}`, 'TercetDeadlock');
}

export function deadlockError(tree: string, cause: unknown): DeadlockError {
  return new DeadlockError(
    `nothing can ever wake this run: every task waits for another one, and the process was about to end\n${tree}`,
    absorb(cause).remains ? { cause } : undefined,
  );
}
