import { named, openNursery } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { Lock } from '@tercet/sync';
import { count } from '../workers/worker-options.ts';
import type { MapOptions } from './executor.ts';

/** How items are mapped. */
export interface Mapping<I, R> {
  readonly name: string;
  readonly items: Iterable<I> | AsyncIterable<I>;
  readonly options: MapOptions;
  /** How many calls are under way when nothing is said. */
  readonly calls: number;
  /** Maps items that are sent together. */
  readonly call: (items: I[]) => Promise<R[]>;
}

/** This many tasks begin at once. Each of them begins another one when it has taken items, while more may run. */
const BEGIN_AT_ONCE = 256;

/** Calls a function for each item, several at a time, in a nursery. */
export async function mapItems<I, R>({ name, items, options, call, calls }: Mapping<I, R>): Promise<R[]> {
  const { ordered = true } = options;
  const chunk = count(options.chunk ?? 1, 1, 'map(): chunk');
  const concurrency = count(options.concurrency ?? calls * chunk, 1, 'map(): concurrency');
  // Infinity for both means one call for all items.
  const tasks = chunk === Infinity ? 1 : Math.max(1, Math.ceil(concurrency / chunk));
  const source = new Source(items);
  const byIndex: R[] = [];
  const asTheyCame: R[] = [];
  let begun = 0;
  const begin = (nursery: Nursery): void => {
    begun++;
    nursery.startSoon(named(`map of ${name}`, work), nursery);
  };
  const work = async (nursery: Nursery): Promise<void> => {
    for (let taken = await source.take(chunk); taken.items.length > 0; taken = await source.take(chunk)) {
      if (begun < tasks) begin(nursery);
      const results = await call(taken.items);
      for (const [offset, result] of results.entries()) {
        if (ordered) byIndex[taken.index + offset] = result;
        else asTheyCame.push(result);
      }
    }
  };
  try {
    await openNursery((nursery) => {
      while (begun < Math.min(tasks, BEGIN_AT_ONCE)) begin(nursery);
    });
  } finally {
    await source.close();
  }
  return ordered ? byIndex : asTheyCame;
}

/** Items that several tasks take. */
class Source<I> {
  readonly #iterator: Iterator<I> | AsyncIterator<I>;
  readonly #lock: Lock | undefined;
  #index = 0;
  #ended = false;

  constructor(items: Iterable<I> | AsyncIterable<I>) {
    if (isAsync(items)) {
      this.#iterator = items[Symbol.asyncIterator]();
      // Foreign iterators need not take a second request before they have answered the first.
      this.#lock = new Lock();
    } else if (typeof (items as Partial<Iterable<I>> | undefined)?.[Symbol.iterator] === 'function') {
      this.#iterator = items[Symbol.iterator]();
      this.#lock = undefined;
    } else {
      throw new TypeError(`map() takes an iterable or an async iterable, not ${typeof items}`);
    }
  }

  /** @returns the next items, at most this many; none at the end. */
  take(most: number): Promise<{ readonly index: number; readonly items: I[] }> {
    return this.#lock === undefined ? this.#take(most) : this.#lock.run(() => this.#take(most));
  }

  async #take(most: number): Promise<{ readonly index: number; readonly items: I[] }> {
    const index = this.#index;
    const items: I[] = [];
    while (items.length < most && !this.#ended) {
      const step = this.#iterator.next();
      const { done, value } = this.#lock === undefined ? (step as IteratorResult<I>) : await step;
      if (done === true) this.#ended = true;
      else items.push(value);
    }
    this.#index += items.length;
    return { index, items };
  }

  async close(): Promise<void> {
    if (!this.#ended) await this.#iterator.return?.();
  }
}

function isAsync<I>(items: Iterable<I> | AsyncIterable<I>): items is AsyncIterable<I> {
  return typeof (items as Partial<AsyncIterable<I>> | undefined)?.[Symbol.asyncIterator] === 'function';
}
