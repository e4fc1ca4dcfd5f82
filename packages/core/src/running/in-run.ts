import type { Task } from '../tasks/task.ts';
import type { Clock } from '../time/clock.ts';
import { currentNode, findNode } from '../frames/frames.ts';

/**
 * Whether the calling code belongs to a run that has not ended.
 *
 * @example
 * const answer = inRun() ? await load() : await run(load);
 */
export function inRun(): boolean {
  const node = findNode();
  return node !== undefined && !node.run.finished;
}

/**
 * Whether the calling code belongs to a task that has not ended.
 *
 * @example
 * if (!inTask()) throw new Error('call this in a task');
 */
export function inTask(): boolean {
  const node = findNode();
  return node !== undefined && node.task.state === 'running' && !node.run.finished;
}

/**
 * The task that executes the calling code. @throws {StateError} outside of a run.
 *
 * @example
 * console.log(currentTask().name);
 */
export function currentTask(): Task {
  return currentNode('currentTask()').task;
}

/**
 * The task at the root of the tree: the framework's own, which has no parent nursery. @throws {StateError} outside of a run.
 *
 * @example
 * for (const nursery of currentRootTask()?.childNurseries ?? []) console.log(nursery);
 */
export function currentRootTask(): Task {
  return currentNode('currentRootTask()').run.root;
}

/**
 * The clock of the run. @throws {StateError} outside of a run.
 *
 * @example
 * const begin = currentClock().now();
 */
export function currentClock(): Clock {
  return currentNode('currentClock()').run.clock;
}
