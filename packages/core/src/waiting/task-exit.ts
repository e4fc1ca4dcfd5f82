import type { Task } from '../tasks/task.ts';
import type { TaskNode } from '../tasks/task-node.ts';

/**
 * A function that is called when a task has ended.
 *
 * @example
 * const ended: string[] = [];
 * const note: ExitHook = (task) => ended.push(task.name);
 * await openNursery((nursery) => {
 *   nursery.startSoon(async function greet() {
 *     onTaskExit(currentTask(), note);
 *   });
 * });
 * ended; // ['greet']
 */
export type ExitHook = (task: Task) => void;

/**
 * Calls `hook` when the task has ended, before its nursery is notified: for resources that belong to a task. The hook must not
 * throw.
 *
 * @example
 * onTaskExit(currentTask(), () => console.log('it has ended'));
 */
export function onTaskExit(task: Task, hook: ExitHook): void {
  (task as TaskNode).onExit(hook);
}

/**
 * Removes the hook.
 *
 * @example
 * const release = (): void => console.log('released, since its owner has ended');
 * const owner = currentTask();
 * onTaskExit(owner, release);
 * offTaskExit(owner, release); // it has been released before
 */
export function offTaskExit(task: Task, hook: ExitHook): void {
  (task as TaskNode).offExit(hook);
}
