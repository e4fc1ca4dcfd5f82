import { DeadlockError } from '@tercet/core';
import { formatTaskTree, taskTree } from '@tercet/core/lowlevel';
import type { Instrument, Task } from '@tercet/core/lowlevel';
import { leavesOf } from '../contracts/leaves-of.ts';

/** At most this many failures of tasks are remembered; a body may handle many before the one that comes out. */
const MOST_KEPT = 100;

interface FailedTask {
  readonly error: unknown;
  readonly tree: string;
}

/** Takes down what all tasks wait for at the moment in which one has failed. */
export class FailureWatch {
  readonly #failed: FailedTask[] = [];
  /** For the run. */
  readonly instrument: Instrument = {
    taskExited: (task) => {
      if (task.state !== 'failed' || this.#failed.length >= MOST_KEPT) return;
      const { outcome } = task as Task & { readonly outcome?: unknown };
      this.#failed.push({
        error: outcome,
        tree: `task ${task.name}#${task.id} has failed\n${formatTaskTree(taskTree())}`,
      });
    },
  };

  /** The tree at the moment of the failure from which the error of the run came. */
  treeOf(error: unknown): string {
    // Nothing has failed there before the run was cancelled.
    if (error instanceof DeadlockError) return error.message.slice(error.message.indexOf('\n') + 1);
    const leaves = new Set(leavesOf(error));
    const origin = this.#failed.find((failed) => leavesOf(failed.error).some((leaf) => leaves.has(leaf)));
    return (origin ?? this.#failed[0])?.tree ?? '';
  }
}
