import type { Instrument } from '../observing/instruments.ts';
import { StateError } from '../errors/tercet-error.ts';
import type { Task } from '../tasks/task.ts';
import { requireFunction } from '../foreign/require-function.ts';
import type { Clock } from '../time/clock.ts';
import { addTo } from '../observing/observe.ts';
import { rejected } from '../waiting/checkpoint.ts';
import { currentNode, findNode } from '../frames/frames.ts';
import { IdleWatch } from '../observing/idle-watch.ts';
import { RunToken } from './run-token.ts';
import type { Run } from './run-state.ts';

/** Whether the calling code belongs to a run that has not ended. */
export function inRun(): boolean {
  const node = findNode();
  return node !== undefined && !node.run.finished;
}

/** Whether the calling code belongs to a task that has not ended. */
export function inTask(): boolean {
  const node = findNode();
  return node !== undefined && node.task.state === 'running' && !node.run.finished;
}

/** The task that executes the calling code. @throws {StateError} outside of a run. */
export function currentTask(): Task {
  return currentNode('currentTask()').task;
}

/** The task at the root of the tree: the framework's own, which has no parent nursery. @throws {StateError} outside of a run. */
export function currentRootTask(): Task {
  return currentNode('currentRootTask()').run.root;
}

/** The clock of the run. @throws {StateError} outside of a run. */
export function currentClock(): Clock {
  return currentNode('currentClock()').run.clock;
}

/** The way into this run from outside of it. @throws {StateError} outside of a run. */
export function currentRunToken(): RunToken {
  const { run } = currentNode('currentRunToken()');
  return (run.token ??= new RunToken(run));
}

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

/**
 * Resolves when every task of the run has been waiting in an operation of Tercet for `cushion` milliseconds of real
 * time: then nothing happens any more until something comes from outside. A task that awaits a foreign promise does not
 * count as waiting. Of several callers those with the shortest cushion return first.
 *
 * A checkpoint.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled. @throws {StateError} outside of a run.
 */
export function waitAllTasksBlocked(cushion = 0): Promise<void> {
  try {
    if (!(cushion >= 0)) {
      throw new RangeError(`waitAllTasksBlocked(): the cushion must not be negative, but is ${cushion}`);
    }
    const { run } = currentNode('waitAllTasksBlocked()');
    return (run.idleWatch ??= new IdleWatch(run)).wait(cushion);
  } catch (error) {
    return rejected(error);
  }
}

/** Adds a watcher to this run. @throws {StateError} outside of a run. @throws what reading its hooks throws. */
export function addInstrument(instrument: Instrument): void {
  addTo(currentNode('addInstrument()').run, instrument);
}

/** Removes a watcher from this run. @throws {StateError} when it was not added, or outside of a run. */
export function removeInstrument(instrument: Instrument): void {
  const { run } = currentNode('removeInstrument()');
  if (run.instruments?.remove(instrument) !== true) throw new StateError('removeInstrument(): it had not been added');
  if (run.instruments.isEmpty) run.instruments = undefined;
}
