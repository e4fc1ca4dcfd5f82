import { absorb } from '../cancellation/absorb.ts';
import { DeadlockError } from '../errors/tercet-error.ts';
import { warn } from '../running/platform.ts';
import type { Run } from '../running/run-state.ts';
import { formatTaskTree, treeOf } from './task-tree.ts';

/**
 * Cancels runs that nothing can ever wake, so that their cleanup happens and somebody hears of it.
 *
 * @param stuck with the number of times that something had been woken in them; those in which more has happened are not.
 */
export function breakDeadlocks(stuck: ReadonlyMap<Run, number>): void {
  for (const [run, wakes] of stuck) if (run.wakes === wakes && !run.finished) breakDeadlock(run);
}

function breakDeadlock(run: Run): void {
  const { wakes } = run;
  const tree = formatTaskTree(treeOf(run));
  run.deadlock ??= (cause) =>
    new DeadlockError(
      `nothing can ever wake this run: every task waits for another one, and the process was about to end\n${tree}`,
      absorb(cause).remains ? { cause } : undefined,
    );
  run.main.cancelWith('deadlock', 'nothing can ever wake the run');
  if (run.wakes === wakes) warn(`a run waits for ever, behind a shield:\n${tree}`, 'TercetDeadlock');
}
