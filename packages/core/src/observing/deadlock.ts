import { absorb } from '../errors/absorb.ts';
import { DeadlockError } from '../errors/tercet-error.ts';
import { warn } from '../platform/platform.ts';
import type { Run } from '../running/run-state.ts';
import { formatTaskTree, treeOf } from './task-tree.ts';

/**
 * Cancels a run that nothing can ever wake, so that its cleanup happens and somebody hears of it.
 *
 * @param progress how far it had come when it was found stuck: if something has happened since, it is not a deadlock.
 * @param signs what has shown that nothing can wake it.
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
  // Nobody computes at this moment: a task that does not wait for anything of ours waits for something else.
  const waitsFor = run.living > run.blocked ? ", for something that is not Tercet's" : ', behind a shield';
  warn(`a run waits for ever${waitsFor}:\n${tree}`, 'TercetDeadlock');
}
