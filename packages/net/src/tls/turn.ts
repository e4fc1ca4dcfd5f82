import { WaitQueue } from '@tercet/core/lowlevel';

/**
 * Something that one user at a time has, in the order in which they asked. A lock of `@tercet/sync` belongs to a task;
 * here, both directions of a stream may be used by one task, with `all` or `Promise.all`.
 */
export class Turn {
  readonly #queue: WaitQueue<void>;
  #held = false;

  /** @param what what is waited for, as the task tree shows it. */
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
      // Handed over, so that nobody who asks later comes first.
      this.#held = this.#queue.wakeFirst();
    }
  }
}
