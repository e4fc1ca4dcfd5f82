import { StateError } from '../errors/tercet-error.ts';
import { requireFunction } from '../foreign/require-function.ts';
import { currentNode } from '../frames/frames.ts';
import type { Task } from '../tasks/task.ts';
import type { Run } from './run-state.ts';
import { childrenOf } from '../cancellation/child-list.ts';

/**
 * Starts a task beside the main task, which is cancelled when the main task has ended: for background work of a library, once per
 * run. Its failure ends the run with an `InternalError`. Its task-local values are those with which the run began, not those of
 * the caller.
 *
 * After the end of the main task, the system tasks of that moment may still start others for cleanup. When they have ended, no
 * more can be started: tasks that start each other would keep the run alive.
 *
 * @throws {StateError} outside of a run, or when the run is ending.
 * @example
 * spawnSystemTask(async () => {
 *   for (;;) {
 *     await sleep(1000);
 *     report();
 *   }
 * });
 */
export function spawnSystemTask<A extends unknown[]>(fn: (...args: A) => unknown, ...args: A): Task {
  requireFunction('spawnSystemTask', fn);
  const { run } = currentNode('spawnSystemTask()');
  if (isEnding(run)) throw new StateError('spawnSystemTask(): the run is ending; start it earlier');
  return run.startOutside(() => run.systemNursery.spawn(fn, args));
}

/** Whether main has ended, and all system tasks that were left at its end. */
function isEnding({ systemNursery, firstLateTask }: Run): boolean {
  if (systemNursery.closed) return true;
  if (firstLateTask === Infinity) return false;
  for (const child of childrenOf(systemNursery)) if (child.task.id < firstLateTask) return false;
  return true;
}
