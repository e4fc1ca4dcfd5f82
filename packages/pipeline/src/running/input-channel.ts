import { checkpoint, ClosedResourceError, EndOfChannel } from '@tercet/core';
import { currentCaller, inspectAs } from '@tercet/core/lowlevel';
import type { ReceiveChannel } from '@tercet/sync';
import { FailedUpstream, isOwnCancellation } from './failure.ts';
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
  /** The acknowledgements that have begun and have not been waited for, one after the other. */
  #acknowledging: PromiseLike<unknown> | undefined = undefined;
  /** Items that were taken while an acknowledgement had to be waited for. */
  readonly #held: unknown[] = [];

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
      const item = this.#take();
      if (this.#acknowledging !== undefined) return this.#receiveAfterAcknowledging(item);
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
      const before = this.#acknowledging;
      const pending = before === undefined ? mark.arrive() : before.then(() => mark.arrive());
      if (!isThenable(pending)) return;
      this.#acknowledging = pending;
      // It is waited for in the next step of the reader.
      pending.then(undefined, () => undefined);
    } catch (error) {
      this.#onFailure(error);
    }
  }

  #take(): unknown {
    return this.#held.length > 0 ? this.#held.shift() : this.#input.take();
  }

  /** Like `receive`, once all acknowledgements have ended. When it is cancelled, the item is kept for the next `receive`. */
  async #receiveAfterAcknowledging(item: unknown): Promise<T> {
    if (item !== NOTHING) this.#held.push(item);
    await this.#acknowledged();
    return this.#held.length > 0 ? (this.#held.shift() as T) : await this.#receiveLater();
  }

  async #acknowledged(): Promise<void> {
    while (this.#acknowledging !== undefined) {
      const pending = this.#acknowledging;
      try {
        await pending;
      } catch (error) {
        if (isOwnCancellation(error)) throw error;
        this.#onFailure(error);
        await checkpoint();
        throw error;
      } finally {
        if (this.#acknowledging === pending) this.#acknowledging = undefined;
      }
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
          await this.#acknowledged();
          await checkpoint();
          throw new EndOfChannel('receive(): the pipeline has ended');
        }
        const item = this.#take();
        if (this.#acknowledging !== undefined) return await this.#receiveAfterAcknowledging(item);
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
