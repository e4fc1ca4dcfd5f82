import { checkpoint, ClosedResourceError, EndOfChannel } from '@tercet/core';
import { currentCaller, inspectAs, rejected } from '@tercet/core/lowlevel';
import { Turns } from '@tercet/sync';
import type { ReceiveChannel } from '@tercet/sync';
import { FailedUpstream, isOwnCancellation } from './failure.ts';
import { NOTHING } from './input.ts';
import type { Input } from './input.ts';
import { Mark } from './marks.ts';

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
  /** Of the items that its reader is done with, since it has asked for more. Each stays until it is acknowledged. */
  readonly #marks: Mark[] = [];
  /** Made for the first mark. */
  #turns: Turns | undefined = undefined;
  #isClosed = false;

  constructor(input: Input, onFailure: (error: unknown) => void) {
    this.#input = input;
    this.#onFailure = onFailure;
  }

  receive(): Promise<T> {
    const caller = currentCaller();
    const refused = caller.refuse('receive()');
    if (refused !== undefined) return refused;
    if (this.#isClosed) return rejected(closedError());
    try {
      const item = this.#marks.length > 0 ? NOTHING : this.#take();
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

  /** No item while there is something to acknowledge. */
  #take(): unknown {
    const item = this.#input.take();
    if (!(item instanceof Mark)) return item;
    this.#marks.push(item);
    return NOTHING;
  }

  /** Makes one acknowledgement after the other, also for several readers. An error fails the pipeline. */
  async #acknowledge(): Promise<void> {
    this.#turns ??= new Turns('its turn to acknowledge a position');
    await this.#turns.run(async () => {
      try {
        for (; this.#marks.length > 0; this.#marks.shift()) await this.#marks[0]!.arrive();
      } catch (error) {
        if (isOwnCancellation(error)) throw error;
        this.#marks.length = 0;
        this.#onFailure(error);
      }
    });
    await checkpoint();
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
        if (this.#marks.length > 0) await this.#acknowledge();
        else if (!(await this.#input.more())) {
          if (this.#isClosed) throw closedError();
          await checkpoint();
          throw new EndOfChannel('receive(): the pipeline has ended');
        }
        const item = this.#take();
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
