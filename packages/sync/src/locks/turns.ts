import { ClosedResourceError } from '@tercet/core';
import { rejected, suspend, WaitQueue } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';

/**
 * A mutex that belongs to an operation, not to a task: for a resource whose operations must not overlap, even if one task
 * begins several of them, with `all` or `Promise.all`. First come, first served.
 *
 * @example
 * class Journal {
 *   readonly #turns = new Turns('its turn at the journal', 'the journal has been closed');
 *
 *   append(entry: string): Promise<void> {
 *     return this.#turns.run(() => write(entry), 'append()');
 *   }
 *
 *   close(): Promise<void> {
 *     return this.#turns.close();
 *   }
 * }
 */
export class Turns {
  /** Each waits with the name of its operation. There are some only while the turn is taken. */
  readonly #queue: WaitQueue<void, string>;
  readonly #closedText: string;
  /** Whether an operation has the turn. It stays true while the turn passes from one to the next. */
  #taken = false;
  /** Calls of `close` that wait for the operation that has the turn. */
  #closers: Waker<void>[] = [];
  #closed = false;

  /**
   * @param what what is waited for, as the task tree shows it.
   * @param closedText the text of the error for an operation that begins after `close`.
   */
  constructor(what = 'its turn', closedText = 'no more turns are given, because close() has been called') {
    this.#queue = new WaitQueue(what);
    this.#closedText = closedText;
  }

  /** Whether an operation could begin at once. */
  get free(): boolean {
    return !this.#taken && !this.#closed;
  }

  /** Whether `close` has been called. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Calls `fn` when its turn has come, and gives the turn on when it has ended, in whichever way. Waits, and then is a
   * checkpoint, only while another operation has the turn.
   *
   * @param operation how the error calls it.
   * @returns what `fn` returns.
   * @throws the error of `fn`. @throws {ClosedResourceError} when `close` has been called, or is called while it waits.
   * @throws {Cancelled} when the surrounding scope is cancelled while it waits; then `fn` is not called.
   */
  async run<R>(fn: () => R | PromiseLike<R>, operation = 'run()'): Promise<R> {
    if (this.#closed) return rejected(this.closedError(operation));
    if (this.#taken) await this.#queue.wait(operation);
    this.#taken = true;
    try {
      // It may have been closed after the turn was handed over.
      if (this.#closed) throw this.closedError(operation);
      return await fn();
    } finally {
      this.#give();
    }
  }

  /**
   * Lets no more operations begin: those that wait fail. Waits for the one that has the turn, also in a cancelled scope, so
   * that the resource can be released afterwards. Not a checkpoint.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#queue.failAll(({ payload: operation }) => this.closedError(operation));
    if (!this.#taken) return;
    await suspend<void>('the end of an operation', (waker) => {
      this.#closers.push(waker);
      return () => 'failed';
    });
  }

  /** The error of an operation that comes too late: for those that need no turn. */
  closedError(operation: string): ClosedResourceError {
    return new ClosedResourceError(`${operation}: ${this.#closedText}`);
  }

  /** Hands the turn to the operation that has waited longest, so that none that begins later comes first. */
  #give(): void {
    if (this.#queue.wakeFirst()) return;
    this.#taken = false;
    const closers = this.#closers;
    this.#closers = [];
    for (const closer of closers) closer.wake();
  }
}
