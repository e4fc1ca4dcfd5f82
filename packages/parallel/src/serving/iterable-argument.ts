import { suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import { decodeError } from '../boundary/decode-error.ts';
import type { Encoded } from '../boundary/encode-error.ts';
import type { ItemsEnd } from '../protocol/messages.ts';
import type { Job } from './job.ts';

/** Items that the other side may send ahead. */
const WINDOW = 64;

/**
 * Puts iterables into the places of those arguments of a job that are async iterables on the other side.
 *
 * @returns ends all of them.
 */
export function iterableArguments(job: Job, indexes: readonly number[]): () => void {
  const arguments_ = new Map(indexes.map((index) => [index, new IterableArgument(job, index)]));
  for (const [index, argument] of arguments_) job.args[index] = argument;
  job.takeItems = (index, items, end) => arguments_.get(index)?.take(items, end);
  return () => {
    for (const argument of arguments_.values()) argument.close();
  };
}

/** An async iterable of the caller, pulled through the boundary. */
class IterableArgument implements AsyncIterableIterator<unknown> {
  readonly #job: Job;
  readonly #index: number;
  readonly #items: unknown[] = [];
  /** Items that have been asked for and not come. */
  #asked = 0;
  #end: ItemsEnd = false;
  #closed = false;
  #waker: Waker<void> | undefined = undefined;

  constructor(job: Job, index: number) {
    this.#job = job;
    this.#index = index;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    while (this.#items.length === 0) {
      if (this.#closed || this.#end === true) return { done: true, value: undefined };
      if (this.#end !== false) {
        const { error } = this.#end;
        this.#end = true;
        throw decodeError(error as Encoded) as Error;
      }
      this.#askForMore();
      await suspend<void>('items of an argument', (waker) => {
        this.#waker = waker;
        return () => {
          this.#waker = undefined;
          return 'succeeded';
        };
      });
    }
    const value = this.#items.shift();
    this.#askForMore();
    return { done: false, value };
  }

  #askForMore(): void {
    const room = WINDOW - this.#items.length - this.#asked;
    if (this.#end !== false || room < WINDOW / 2) return;
    this.#asked += room;
    this.#job.server.pull(this.#job, this.#index, room);
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#items.length = 0;
    if (this.#end === false) this.#job.server.pull(this.#job, this.#index, -1);
    this.#wake();
  }

  take(items: unknown[], end: ItemsEnd): void {
    this.#asked -= items.length;
    if (!this.#closed) this.#items.push(...items);
    if (end !== false) this.#end = end;
    this.#wake();
  }

  #wake(): void {
    const waker = this.#waker;
    this.#waker = undefined;
    waker?.wake();
  }
}
