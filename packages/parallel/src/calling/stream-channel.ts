import { ClosedResourceError, EndOfChannel } from '@tercet/core';
import { currentCaller, rejected, WaitQueue } from '@tercet/core/lowlevel';
import type { ReceiveChannel } from '@tercet/sync';

/** The items of a generator that runs in a worker, in the order in which it yields them. */
export class StreamChannel<T> implements ReceiveChannel<T> {
  /** Batches in the order of arrival. The first one has been read up to `#next`. */
  readonly #arrived: T[][] = [];
  #next = 0;
  /** Number of items taken since the last credit. */
  #taken = 0;
  readonly #window: number;
  readonly #giveCredit: (count: number) => void;
  #end: 'open' | 'ended' | 'failed' | 'closed' = 'open';
  #error: unknown = undefined;
  readonly #receivers = new WaitQueue<T>('items of a worker');

  /** @param giveCredit allows the worker to send more items. */
  constructor(window: number, giveCredit: (count: number) => void) {
    this.#window = window;
    this.#giveCredit = giveCredit;
  }

  push(items: T[]): void {
    if (this.#end !== 'open' || items.length === 0) return;
    let index = 0;
    while (index < items.length && this.#receivers.length > 0) {
      this.#receivers.wakeFirst(items[index++] as T);
      this.#count();
    }
    if (index < items.length) this.#arrived.push(index === 0 ? items : items.slice(index));
  }

  end(): void {
    this.#finish('ended');
  }

  /** @returns false when the channel has ended, so that no receiver gets the error. */
  fail(error: unknown): boolean {
    if (this.#end !== 'open') return false;
    this.#error = error;
    this.#finish('failed');
    return true;
  }

  #finish(end: 'ended' | 'failed' | 'closed'): void {
    if (this.#end === 'closed' || (this.#end !== 'open' && end !== 'closed')) return;
    this.#end = end;
    this.#receivers.failAll(() => this.#refusal());
  }

  receive(): Promise<T> {
    const caller = currentCaller();
    const refused = caller.refuse('receive()');
    if (refused !== undefined) return refused;
    if (this.#end === 'closed') return rejected(this.#refusal());
    const first = this.#arrived[0];
    if (first === undefined) {
      return this.#end === 'open' ? this.#receivers.wait(undefined, caller) : rejected(this.#refusal());
    }
    const item = first[this.#next++] as T;
    if (this.#next === first.length) {
      this.#arrived.shift();
      this.#next = 0;
    }
    this.#count();
    return caller.ready(item);
  }

  #count(): void {
    if (++this.#taken * 2 < this.#window) return;
    const taken = this.#taken;
    this.#taken = 0;
    this.#giveCredit(taken);
  }

  #refusal(): unknown {
    if (this.#end === 'failed') return this.#error;
    return this.#end === 'ended'
      ? new EndOfChannel('receive(): the generator has ended')
      : new ClosedResourceError('receive(): the channel is closed');
  }

  close(): void {
    this.#arrived.length = 0;
    this.#finish('closed');
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      let item: T;
      try {
        item = await this.receive();
      } catch (error) {
        if (this.#end === 'ended' && error instanceof EndOfChannel) return;
        throw error;
      }
      yield item;
    }
  }
}
