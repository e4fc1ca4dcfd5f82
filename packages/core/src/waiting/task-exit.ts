import type { Task } from '../tasks/task.ts';
import type { TaskNode } from '../tasks/task-node.ts';

/** What is called when a task has ended. */
export type ExitHook = (task: Task) => void;

/**
 * Calls `hook` when the task has ended, before its nursery hears of it: for resources that belong to a task. The hook
 * must not throw.
 */
export function onTaskExit(task: Task, hook: ExitHook): void {
  (task as TaskNode).onExit(hook);
}

/** Takes the hook back. */
export function offTaskExit(task: Task, hook: ExitHook): void {
  (task as TaskNode).offExit(hook);
}
