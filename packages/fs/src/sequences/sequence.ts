import { BusyResourceError } from '@tercet/core';

/**
 * An async iterator that reads only as much as it is asked for. The base of all sequences of this package.
 *
 * Not an async generator, because there `return` would wait behind a pending `next`. It releases its resources when a
 * `for await` loop is left early, and also after an error or a cancellation, for which `for await` does not call `return`.
 */
export abstract class Sequence<T> implements AsyncIterableIterator<T> {
  /** Whether a task is waiting in `next`. */
  #busy = false;
  /** True as soon as `release` has been called. */
  #ended = false;

  /** The next value, or `undefined` at the end. */
  protected abstract produce(): Promise<T | undefined>;

  /** Releases all resources. Called once, possibly in a cancelled scope, where it must not fail for that reason. */
  protected abstract release(): Promise<void>;

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#ended) return END;
    if (this.#busy) throw new BusyResourceError('another task is already waiting for the next value');
    this.#busy = true;
    try {
      const value = await this.produce();
      if (value !== undefined) return { done: false, value };
    } catch (error) {
      await this.#end();
      throw error;
    } finally {
      this.#busy = false;
    }
    await this.#end();
    return END;
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    await this.#end();
    return END;
  }

  async #end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.release();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };
