import { BusyResourceError } from '@tercet/core';

/**
 * A stream of values that reads only as far as it is asked to: the base of all iterables of this package.
 *
 * A class instead of an async generator: `return` is not held up behind a pending `next`. Leaving a `for await` early
 * releases what the stream holds. So does an error, a cancellation too: `for await` calls `return` for neither.
 */
export abstract class Sequence<T> implements AsyncIterableIterator<T> {
  #busy = false;
  #ended = false;

  /** The next value, or `undefined` at the end. */
  protected abstract produce(): Promise<T | undefined>;

  /** Lets go of everything; called once. Under cancellation it does its work all the same. */
  protected abstract release(): Promise<void>;

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#ended) return END;
    if (this.#busy) throw new BusyResourceError('another task is waiting for the next value already');
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
