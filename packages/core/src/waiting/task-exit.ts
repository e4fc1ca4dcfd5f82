import type { Task } from '../tasks/task.ts';
import type { TaskNode } from '../tasks/task-node.ts';

/** A function that is called when a task has ended. */
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

/** Removes the hook. */
export function offTaskExit(task: Task, hook: ExitHook): void {
  (task as TaskNode).offExit(hook);
}
