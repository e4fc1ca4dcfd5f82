import { checkpoint, ClosedResourceError, EndOfChannel } from '@tercet/core';
import { currentCaller, inspectAs } from '@tercet/core/lowlevel';
import type { ReceiveChannel } from '@tercet/sync';
import { FailedUpstream } from './failure.ts';
import { isThenable, NOTHING } from './input.ts';
import type { Input } from './input.ts';
import { Link } from './link.ts';
import { MarkedInput } from './marks.ts';
import type { Mark } from './marks.ts';

/**
 * An input as users read it: a channel. A failure above does not come out of it, since the reader could take it for its
 * own, and an end would look complete: `onFailure` cancels the reader instead.
 */
export class InputChannel<T> implements ReceiveChannel<T> {
  static {
    inspectAs(this, (channel) => `ReceiveChannel of a pipeline${channel.#isClosed ? ', closed' : ''}`);
  }

  readonly #input: Input;
  readonly #onFailure: (error: unknown) => void;
  #isClosed = false;

  constructor(input: Input, onFailure: (error: unknown) => void) {
    // The items that its reader has received are done when it asks for more.
    this.#input = input instanceof Link ? new MarkedInput(input, (mark) => this.#acknowledge(mark)) : input;
    this.#onFailure = onFailure;
  }

  receive(): Promise<T> {
    const caller = currentCaller();
    const refused = caller.refuse('receive()');
    if (refused !== undefined) return refused;
    if (this.#isClosed) return Promise.reject(closedError());
    try {
      const item = this.#input.take();
      return item === NOTHING ? this.#receiveLater() : caller.ready(item as T);
    } catch (error) {
      return this.#fail(error);
    }
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return {
      next: async () => {
        try {
          return { value: await this.receive(), done: false };
        } catch (error) {
          if (error instanceof EndOfChannel) return { value: undefined, done: true };
          throw error;
        }
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #acknowledge(mark: Mark): void {
    try {
      const pending = mark.arrive();
      if (isThenable(pending)) pending.then(undefined, this.#onFailure);
    } catch (error) {
      this.#onFailure(error);
    }
  }

  close(): void | Promise<void> {
    if (this.#isClosed) return undefined;
    this.#isClosed = true;
    return this.#input.close('its reader has closed it');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await checkpoint();
  }

  async #receiveLater(): Promise<T> {
    for (;;) {
      try {
        if (!(await this.#input.more())) {
          if (this.#isClosed) throw closedError();
          await checkpoint();
          throw new EndOfChannel('receive(): the pipeline has ended');
        }
        const item = this.#input.take();
        if (item !== NOTHING) return item as T;
      } catch (error) {
        if (error instanceof EndOfChannel || error instanceof ClosedResourceError) throw error;
        return await this.#fail(error);
      }
    }
  }

  async #fail(error: unknown): Promise<never> {
    if (!(error instanceof FailedUpstream) && this.#input.hasThrown !== true) throw error;
    this.#onFailure(error);
    await checkpoint();
    throw error;
  }
}

function closedError(): ClosedResourceError {
  return new ClosedResourceError('receive(): this channel is closed');
}
