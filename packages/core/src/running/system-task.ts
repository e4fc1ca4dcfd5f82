import { StateError } from '../errors/tercet-error.ts';
import { requireFunction } from '../foreign/require-function.ts';
import { currentNode } from '../frames/frames.ts';
import type { Task } from '../tasks/task.ts';
import type { Run } from './run-state.ts';

/**
 * Starts a task that lives beside the main task and is cancelled when that has ended: for background work of a library,
 * once per run. Its failure is an `InternalError` of the run. It does not see the task-local values of the caller, but
 * those of the moment in which the run began.
 *
 * When the main task has ended, the system tasks of that moment may still start others to clean up, and no more can be
 * started when they have ended: tasks that start each other would keep the run from ending.
 *
 * @throws {StateError} outside of a run, or when the run is ending.
 */
export function spawnSystemTask<A extends unknown[]>(fn: (...args: A) => unknown, ...args: A): Task {
  requireFunction('spawnSystemTask', fn);
  const { run } = currentNode('spawnSystemTask()');
  if (isEnding(run)) throw new StateError('spawnSystemTask(): the run is ending; start it earlier');
  return run.startOutside(() => run.systemNursery.spawn(fn, args));
}

/** Whether main has ended, and all system tasks that it has left behind. */
function isEnding({ systemNursery, firstLateTask }: Run): boolean {
  if (systemNursery.closed) return true;
  if (firstLateTask === Infinity) return false;
  for (const child of systemNursery.children()) if (child.task.id < firstLateTask) return false;
  return true;
}
