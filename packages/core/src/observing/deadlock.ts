import { absorb } from '../errors/absorb.ts';
import { DeadlockError } from '../errors/tercet-error.ts';
import { warn } from '../platform/platform.ts';
import type { Run } from '../running/run-state.ts';
import { formatTaskTree, treeOf } from './task-tree.ts';

/**
 * Cancels a run that nothing can ever wake, so that its cleanup runs and `run` rejects with a `DeadlockError`.
 *
 * @param progress the progress of the run when the deadlock was found. If it has changed, this was not a deadlock.
 * @param signs the evidence that nothing can wake the run, for the text.
 */
export function breakDeadlock(
  run: Run,
  progress: string,
  signs = 'every task waits for another one, and the process was about to end',
): void {
  if (run.progress !== progress || run.finished) return;
  const { wakes } = run;
  const tree = formatTaskTree(treeOf(run));
  run.deadlock ??= (cause) =>
    new DeadlockError(
      `nothing can ever wake this run: ${signs}\n${tree}`,
      absorb(cause).remains ? { cause } : undefined,
    );
  run.main.cancelWith('deadlock', 'nothing can ever wake the run');
  if (run.wakes !== wakes) return;
  // No task runs at this moment: a task that does not wait in an operation of ours waits for something else.
  const waitsFor = run.living > run.blocked ? ", for something that is not Tercet's" : ', behind a shield';
  warn(`a run waits for ever${waitsFor}:\n${tree}`, 'TercetDeadlock');
}
