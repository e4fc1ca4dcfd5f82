import type { TaskNode } from '../tasks/task-node.ts';
import { resolved } from '../platform/resolved.ts';
import type { LoopSlice } from '../platform/loop-slice.ts';

/** Number of tasks that begin before those that have begun take their next step. */
const BATCH = 128;

/**
 * Begins all tasks of a run, in microtasks, in the order in which they were spawned, when the code that spawned them waits.
 *
 * Implementation details: tasks begin in batches, and other tasks go on between two batches. Of a hundred thousand tasks that are
 * spawned at once, the first may end before the last begins, so they do not need the memory of a running task all at the same
 * time (benchmark `spawn and join, 100,000 at a time`: half the time, a third of the garbage collection).
 *
 * A spawn that schedules a batch is a step of the run's slice: tasks that begin, spawn their successor and end must not block the
 * event loop. It counts at the spawn and not when the batch begins, so that the next checkpoint of the spawner always comes after
 * the task. The further batches of a round are not steps: if the event loop turned between them, the garbage collector would
 * promote all tasks that have not begun (same benchmark: twice the time).
 */
export class Starter {
  /** The tasks that were spawned after those in `#round`. */
  #waiting: (TaskNode | undefined)[] = [];
  /** The tasks that begin batch by batch; `undefined` in place of those that have begun. */
  #round: (TaskNode | undefined)[] = [];
  /** Number of tasks of `#round` that have begun. */
  #begun = 0;
  /** Whether a batch is scheduled: true while there are tasks that have not begun. */
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
      // So that it can be collected before the last task of its round begins.
      round[this.#begun++] = undefined;
      try {
        task.begin();
      } catch (error) {
        // The others must begin nevertheless.
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
