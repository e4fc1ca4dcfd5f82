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
  /** True as soon as it is being ended. */
  #ended = false;
  /** Called when the step of another task is over, for which the end waits. */
  #onStepOver: (() => void) | undefined = undefined;
  /**
   * Whether an end waits for the step in which another task is: for resources that must not be released in the middle of one.
   * Otherwise `release` ends that step.
   */
  protected readonly waitsForStep: boolean = false;

  /** The next value, or `undefined` at the end. */
  protected abstract produce(): Promise<T | undefined>;

  /** Releases all resources. Called once, possibly in a cancelled scope, where it must not fail for that reason. */
  protected abstract release(): Promise<void>;

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#ended) return END;
    if (this.#busy) throw new BusyResourceError('another task is already waiting for the next value');
    this.#busy = true;
    let value: T | undefined;
    try {
      value = await this.produce();
    } catch (error) {
      this.#stepIsOver();
      await this.#end();
      throw error;
    }
    this.#stepIsOver();
    if (value !== undefined) return { done: false, value };
    await this.#end();
    return END;
  }

  #stepIsOver(): void {
    this.#busy = false;
    this.#onStepOver?.();
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    await this.#end();
    return END;
  }

  async #end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#busy && this.waitsForStep) await new Promise<void>((resolve) => (this.#onStepOver = resolve));
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
