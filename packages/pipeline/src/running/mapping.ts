import { named, openNursery } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { WaitQueue } from '@tercet/core/lowlevel';
import type { ItemFunction, MapDescription } from '../describing/section.ts';
import { isOwnCancellation } from './failure.ts';
import { isThenable, NOTHING } from './input.ts';
import type { Input } from './input.ts';
import { callOf } from './map-call.ts';
import { mapOneByOne } from './map-one-by-one.ts';
import { FailedItem, MapResults } from './map-results.ts';
import { Mark } from './marks.ts';
import { Ring } from './ring.ts';
import type { StageContext } from './stage-context.ts';

/** Runs `map` with a function that may be async: one item at a time, or several. */
export function runMap(map: MapDescription, input: Input, context: StageContext): Promise<void> {
  const call = callOf(map);
  if (map.concurrency === 1 && map.key === undefined) return mapOneByOne(call, input, context);
  return new Mapping(map, call, input, context).run();
}

interface Job {
  readonly item: unknown;
  /** Its place in the order of the input. */
  readonly index: number;
  readonly key: unknown;
}

/**
 * `concurrency` workers, each a task. One is started when all those before it are at work.
 *
 * Items are taken while there are fewer than `concurrency + ahead` between the first result that has not been given out and
 * the latest item. After an error nothing more is taken, and the items before it are still finished.
 */
class Mapping {
  readonly #map: MapDescription;
  readonly #call: ItemFunction;
  readonly #input: Input;
  readonly #context: StageContext;
  readonly #window: number;
  readonly #results: MapResults;
  /** Workers that wait for their turn to wait for the input. */
  readonly #turns = new WaitQueue<void>('a turn to take an item');
  /** By key: a worker is at work on an item of that key, and these wait for it. */
  readonly #queued = new Map<unknown, Ring<Job>>();
  /** How many items have been taken. */
  #taken = 0;
  /** Whether a worker waits for the input, or for room. Only one does. */
  #isTaking = false;
  /** Whether no item is taken any more: the input has ended, an item has failed, or no more results are wanted. */
  #noMore = false;
  /** How many have been started. */
  #workers = 0;
  /** Workers that wait for something to do. */
  #idle = 0;
  #failure: { readonly error: unknown } | undefined = undefined;
  #nursery!: Nursery;

  constructor(map: MapDescription, call: ItemFunction, input: Input, context: StageContext) {
    this.#map = map;
    this.#call = call;
    this.#input = input;
    this.#context = context;
    this.#window = map.concurrency + map.ahead;
    this.#results = new MapResults(context, map.ordered, () => this.#end());
  }

  async run(): Promise<void> {
    await openNursery((nursery) => {
      this.#nursery = nursery;
      this.#startWorker();
    });
    if (this.#failure === undefined) return await this.#results.passMarks();
    for (const error of this.#results.failures()) this.#context.alsoFailed(error);
    throw this.#failure.error;
  }

  #startWorker(): void {
    const name = `${this.#context.label} worker ${++this.#workers}`;
    this.#nursery.startSoon(named(name, () => this.#work()));
  }

  async #work(): Promise<void> {
    const { pacer } = this.#context;
    try {
      for (;;) {
        let job = this.#takeNow() ?? (await this.#takeLater());
        if (job === undefined) return;
        for (; job !== undefined; job = this.#nextOf(job)) {
          // Not in a separate function: a promise for each item would cost more than all the rest.
          let result: unknown;
          try {
            result = this.#call(job.item);
            if (isThenable(result)) {
              this.#startNext();
              result = await result;
            }
          } catch (error) {
            if (isOwnCancellation(error)) throw error;
            this.#noMore = true;
            result = new FailedItem(error, true);
          }
          const pending = this.#results.place(job.index, result);
          if (pending !== undefined) await pending;
        }
        if (pacer.isDue()) await pacer.turn();
      }
    } catch (error) {
      if (isOwnCancellation(error)) throw error;
      this.#end({ error });
    }
  }

  /** Starts another worker when all are at work. */
  #startNext(): void {
    if (this.#idle === 0 && this.#workers < this.#map.concurrency && !this.#noMore) this.#startWorker();
  }

  #end(failure?: { readonly error: unknown }): void {
    this.#noMore = true;
    this.#failure ??= failure;
    this.#nursery.cancelScope.cancel(`${this.#context.label} has ended`);
  }

  // ---- taking

  get #hasRoom(): boolean {
    return this.#taken - this.#results.given < this.#window;
  }

  /** A job that can be had without waiting. */
  #takeNow(): Job | undefined {
    while (!this.#isTaking && !this.#noMore && this.#hasRoom) {
      const item = this.#input.take();
      if (item === NOTHING) return undefined;
      const job = this.#jobOf(item);
      if (job !== undefined) return job;
    }
    return undefined;
  }

  /** One worker at a time waits for the input, the others wait for their turn. */
  async #takeLater(): Promise<Job | undefined> {
    this.#idle++;
    try {
      while (this.#isTaking && !this.#noMore) await this.#turns.wait(undefined);
      if (this.#noMore) {
        // Each lets the next one see it.
        this.#turns.wakeFirst();
        return undefined;
      }
      this.#isTaking = true;
      try {
        return await this.#takeAlone();
      } finally {
        this.#isTaking = false;
        this.#turns.wakeFirst();
      }
    } finally {
      this.#idle--;
    }
  }

  async #takeAlone(): Promise<Job | undefined> {
    for (;;) {
      await this.#results.passMarks();
      while (!this.#hasRoom && !this.#noMore) await this.#results.roomChanged();
      if (this.#noMore) return undefined;
      try {
        const item = this.#input.take();
        if (item !== NOTHING) {
          const job = this.#jobOf(item);
          if (job !== undefined) return job;
        } else if (!(await this.#context.more(this.#input))) {
          this.#noMore = true;
          return undefined;
        }
      } catch (error) {
        if (isOwnCancellation(error)) throw error;
        // It comes after the results of all items before it.
        this.#noMore = true;
        await this.#results.place(this.#taken++, new FailedItem(error, false));
        return undefined;
      }
    }
  }

  /** `undefined` when it has to wait for an earlier item of the same key. */
  #jobOf(item: unknown): Job | undefined {
    if (item instanceof Mark) {
      this.#results.mark(item, this.#taken);
      return undefined;
    }
    const index = this.#taken++;
    this.#results.expect(index);
    const { key: keyOf } = this.#map;
    if (keyOf === undefined) return { item, index, key: undefined };
    const job = { item, index, key: this.#context.blaming(keyOf, item) };
    const queue = this.#queued.get(job.key);
    if (queue === undefined) {
      this.#queued.set(job.key, new Ring());
      return job;
    }
    queue.push(job);
    return undefined;
  }

  /** The next job of the same key, which only the same worker may do. */
  #nextOf({ key }: Job): Job | undefined {
    if (this.#map.key === undefined) return undefined;
    const queue = this.#queued.get(key)!;
    if (queue.length > 0 && this.#failure === undefined) return queue.shift();
    this.#queued.delete(key);
    return undefined;
  }
}
