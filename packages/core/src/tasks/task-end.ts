import { checkpoint } from '../waiting/checkpoint.ts';
import type { Selectable } from '../waiting/selectable.ts';
import { Wait } from '../waiting/wait.ts';
import type { AbortOutcome } from '../waiting/wait.ts';
import { findNode, outsideOfRun } from '../frames/frames.ts';
import type { CancelNode } from '../cancellation/cancel-node.ts';
import type { TaskNode } from './task-node.ts';

/** Waits until a task has ended, however it ended: a checkpoint. */
export function joinTask(task: TaskNode): Promise<void> {
  if (task.state !== 'running') return checkpoint();
  const node = findNode();
  if (node === undefined) return Promise.reject(outsideOfRun('join()'));
  node.task.countCheckpoint();
  const wait = new EndWait(node, task);
  wait.abortIfCancelled();
  return wait.promise;
}

/** The same as a case of a `select`. */
export function joiningTask(task: TaskNode): Selectable<void> {
  return {
    poll: () => (task.state === 'running' ? undefined : { value: undefined }),
    arm: (slot) => {
      const hook = (): void => slot.wake();
      task.onExit(hook);
      return () => task.offExit(hook);
    },
  };
}

class EndWait extends Wait<void> {
  readonly #awaited: TaskNode;
  readonly #hook = (): void => this.wake();

  constructor(node: CancelNode, awaited: TaskNode) {
    super(node, `end of task ${awaited.name}`, true);
    this.#awaited = awaited;
    awaited.onExit(this.#hook);
  }

  protected override withdraw(): AbortOutcome {
    this.#awaited.offExit(this.#hook);
    return 'succeeded';
  }
}
