import { WaitQueue } from '@tercet/core/lowlevel';

/**
 * Mutual exclusion, first come, first served. A lock of `@tercet/sync` is owned by a task; here one task may use both
 * directions of a stream at the same time, by `Promise.all`.
 */
export class Turn {
  readonly #queue: WaitQueue<void>;
  #held = false;

  /** @param what the name of the wait in the task tree. */
  constructor(what: string) {
    this.#queue = new WaitQueue(what);
  }

  /** Calls `fn` when it is its turn. Waits only when it has to. @throws {Cancelled} when cancelled while waiting. */
  async run<T>(fn: () => Promise<T>): Promise<T> {
    if (this.#held) await this.#queue.wait(undefined);
    this.#held = true;
    try {
      return await fn();
    } finally {
      // Passed on directly, so that a later caller does not come first.
      this.#held = this.#queue.wakeFirst();
    }
  }
}
