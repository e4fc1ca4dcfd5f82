import { ClosedResourceError } from '@tercet/core';
import { WaitQueue, suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';

/**
 * Runs the operations on a file one after the other, because they share its position and its buffers. Closing waits only for
 * the running operation; those that are queued then fail with `ClosedResourceError`.
 */
export class Turns {
  readonly #queue = new WaitQueue<void>('its turn at a file');
  readonly #name: string;
  /** Whether an operation is running, or about to. */
  #taken = false;
  /** True as soon as `close` has been called. */
  #closing = false;
  /** The task that waits in `close`, if any. */
  #closer: Waker<void> | undefined = undefined;

  constructor(name: string) {
    this.#name = name;
  }

  get closed(): boolean {
    return this.#closing;
  }

  /** Whether an operation could begin at once. */
  get free(): boolean {
    return !this.#taken;
  }

  /** Runs an operation when its turn has come. @throws {ClosedResourceError} when the file is closed by then. */
  async run<T>(operation: string, body: () => Promise<T>): Promise<T> {
    if (this.#closing) throw this.closedError(operation);
    if (this.#taken) await this.#queue.wait(undefined);
    else this.#taken = true;
    try {
      if (this.#closing) throw this.closedError(operation);
      return await body();
    } finally {
      this.#give();
    }
  }

  /** Lets no more operations begin, and waits for the running one, even in a cancelled scope. Not a checkpoint. */
  async close(): Promise<void> {
    this.#closing = true;
    if (!this.#taken) return;
    await suspend<void>('the end of an operation on a file', (waker) => {
      this.#closer = waker;
      return () => 'failed';
    });
  }

  closedError(operation: string): ClosedResourceError {
    return new ClosedResourceError(`${operation}: the file ${this.#name} has been closed`);
  }

  #give(): void {
    if (this.#queue.wakeFirst()) return;
    this.#taken = false;
    this.#closer?.wake();
  }
}
