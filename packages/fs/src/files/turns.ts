import { ClosedResourceError } from '@tercet/core';
import { WaitQueue, suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';

/**
 * Lets the operations on one file follow each other, as they share its position and its buffers. Who closes waits for
 * the one at work only, and those who come later find it closed.
 */
export class Turns {
  readonly #queue = new WaitQueue<void>('its turn at a file');
  readonly #name: string;
  #taken = false;
  #closing = false;
  #closer: Waker<void> | undefined = undefined;

  constructor(name: string) {
    this.#name = name;
  }

  get closed(): boolean {
    return this.#closing;
  }

  /** Whether an operation could begin right now. */
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

  /** Ends it; a cancelled scope does not keep anybody from that. Returns when nobody is at work any more. */
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
