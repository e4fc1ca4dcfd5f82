import type { TaskNode } from '../tasks/task-node.ts';
import { resolved } from '../waiting/resolved.ts';

/**
 * Lets the tasks of a run begin: every one of them passes here. They begin in a microtask of their own, in the order in
 * which they were spawned, after the code that spawned them has come to a wait.
 */
export class Starter {
  #waiting: TaskNode[] = [];

  start(task: TaskNode): void {
    if (this.#waiting.push(task) === 1) void resolved.then(this.#startAll);
  }

  readonly #startAll = (): void => {
    const tasks = this.#waiting;
    this.#waiting = [];
    for (const task of tasks) task.begin();
  };
}
