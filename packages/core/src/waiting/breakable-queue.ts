import type { Task } from '../tasks/task.ts';
import { offTaskExit, onTaskExit } from './task-exit.ts';
import { WaitQueue } from './wait-queue.ts';

/**
 * A wait queue that breaks when a task ends on which its waiters depend, such as the owner of a lock: no other task could wake
 * them. The common part of locks and parking lots. (Trio calls that task the breaker of a parking lot.)
 *
 * @example
 * const queue = new BreakableQueue<void>('a turn', () => new Error('the task that hands out the turns has ended'));
 * await openNursery(async (nursery) => {
 *   nursery.startSoon(async () => {
 *     queue.breakWith(currentTask());
 *     await sleep(5);
 *   }); // ends without waking any task
 *   await sleep(1);
 *   try {
 *     await queue.wait(undefined);
 *   } catch (error) {
 *     console.log(String(error)); // Error: the task that hands out the turns has ended
 *   }
 * });
 */
export class BreakableQueue<T, P = undefined> extends WaitQueue<T, P> {
  readonly #makeError: () => Error;
  /** The tasks that have broken it, in the order in which they did; empty while it is intact. It stays broken. */
  readonly #brokenBy: Task[] = [];
  /** Queues whose waiters will need this one later, and so break with it; `undefined` while there has been none. */
  #dependents: Set<WaitQueue<T, P>> | undefined = undefined;

  /**
   * @param what the name of the wait in the task tree.
   * @param makeError makes the error of each task that waits when the queue breaks.
   */
  constructor(what: string, makeError: () => Error) {
    super(what);
    this.#makeError = makeError;
  }

  /** The tasks that have broken it. The primitive that owns a broken queue lets no other task begin to wait in it. */
  get brokenBy(): readonly Task[] {
    return this.#brokenBy;
  }

  /** Breaks the queue when that task ends. */
  breakWith(task: Task): void {
    onTaskExit(task, this.#onExit);
  }

  /** The task may end now. */
  unbreakWith(task: Task): void {
    offTaskExit(task, this.#onExit);
  }

  /** Breaks the queue and its dependents: all waiters fail. */
  breakNow(task: Task): void {
    this.#brokenBy.push(task);
    this.failAll(this.#makeError);
    for (const queue of this.#dependents ?? []) queue.failAll(this.#makeError);
  }

  /** From now on the waiters of the other queue break with this one. */
  addDependent(queue: WaitQueue<T, P>): void {
    (this.#dependents ??= new Set()).add(queue);
  }

  /** The waiters of the other queue do not break with this one any more. */
  removeDependent(queue: WaitQueue<T, P>): void {
    this.#dependents?.delete(queue);
  }

  readonly #onExit = (task: Task): void => this.breakNow(task);
}
