import type { TaskNode } from '../tasks/task-node.ts';
import { resolved } from '../platform/resolved.ts';
import type { LoopSlice } from '../platform/loop-slice.ts';

/** At most this many tasks begin before those that have begun may take their next step. */
const BATCH = 128;

/**
 * Lets the tasks of a run begin: every one of them passes here. They begin in microtasks of their own, in the order in
 * which they were spawned, after the code that spawned them has come to a wait.
 *
 * They begin in batches, between which the others go on: of a hundred thousand that are spawned at once the first may have
 * ended before the last begins, so that what a running task needs in memory is not needed for all of them at the same time
 * (benchmark `spawn and join, 100,000 at a time`: half the time, a third of the garbage collection).
 *
 * A spawn that makes a batch necessary is a step of the run's turn: tasks that begin, spawn their successor and end must not
 * keep the event loop from turning. It is counted at the spawn, and not when the batch begins, so that the spawner's next
 * checkpoint comes after the task in any case. The further batches of one round are no steps: between turns of the event
 * loop the garbage collector would keep all the tasks that have not begun (the same benchmark: twice the time).
 */
export class Starter {
  /** Spawned since the tasks in `#round` were. */
  #waiting: (TaskNode | undefined)[] = [];
  #round: (TaskNode | undefined)[] = [];
  /** How many of `#round` have begun. */
  #begun = 0;
  #scheduled = false;
  readonly #slice: LoopSlice;

  constructor(slice: LoopSlice) {
    this.#slice = slice;
  }

  start(task: TaskNode): void {
    this.#waiting.push(task);
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#slice.isSpent()) this.#slice.defer(this.#startBatch, undefined);
    else void resolved.then(this.#startBatch);
  }

  readonly #startBatch = (): void => {
    this.#scheduled = false;
    if (this.#round.length === 0) [this.#round, this.#waiting] = [this.#waiting, this.#round];
    const round = this.#round;
    const end = Math.min(this.#begun + BATCH, round.length);
    while (this.#begun < end) {
      const task = round[this.#begun]!;
      // It may be over long before the last one of its round begins.
      round[this.#begun++] = undefined;
      try {
        task.begin();
      } catch (error) {
        // The others must begin all the same.
        task.run.crash(error);
        task.failToBegin(error);
      }
    }
    if (end === round.length) {
      this.#round = [];
      this.#begun = 0;
    }
    if (this.#scheduled || (this.#round.length === 0 && this.#waiting.length === 0)) return;
    this.#scheduled = true;
    void resolved.then(this.#startBatch);
  };
}
