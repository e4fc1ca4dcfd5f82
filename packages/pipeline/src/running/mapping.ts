import { named, openNursery } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { WaitQueue } from '@tercet/core/lowlevel';
import type { MapDescription } from '../describing/section.ts';
import { isOwnCancellation } from './failure.ts';
import { isThenable, NOTHING } from './input.ts';
import type { Input } from './input.ts';
import { Mark } from './marks.ts';
import { retrying } from './policies.ts';
import { Ring } from './ring.ts';
import type { StageContext } from './stage-context.ts';

const NO_RESULT: unique symbol = Symbol('not done');
const SKIPPED: unique symbol = Symbol('skipped');

/** A result that is an error, at its place among the others. */
class Failed {
  readonly error: unknown;
  /** Whether it is the function's own, and not one of those above. */
  readonly isOwn: boolean;

  constructor(error: unknown, isOwn: boolean) {
    this.error = error;
    this.isOwn = isOwn;
  }
}

type Call = (item: unknown) => unknown;

/** Runs `map` with a function that may be async: one item at a time, or several. */
export function runMap(map: MapDescription, input: Input, context: StageContext): Promise<void> {
  const call = callOf(map);
  if (map.concurrency === 1 && map.key === undefined) return mapOneByOne(call, input, context);
  return new Mapping(map, call, input, context).run();
}

/** The function under its policies: a value, or SKIPPED, or a promise for one of them. */
function callOf({ fn, retry, onError }: MapDescription): Call {
  const call = retry === undefined ? fn : retrying(fn, retry);
  if (onError === undefined) return call;
  const handle = async (error: unknown, item: unknown): Promise<unknown> => {
    if (isOwnCancellation(error)) throw error;
    if (await onError(error, item)) return SKIPPED;
    throw error;
  };
  return async (item) => {
    try {
      return await call(item);
    } catch (error) {
      return await handle(error, item);
    }
  };
}

async function mapOneByOne(call: Call, input: Input, context: StageContext): Promise<void> {
  const { chain, pacer } = context;
  for (;;) {
    const item = input.take();
    if (item === NOTHING) {
      if (!(await context.more(input))) return;
      continue;
    }
    if (item instanceof Mark) {
      const pending = context.mark(item);
      if (pending !== undefined) await pending;
      continue;
    }
    let value: unknown;
    try {
      value = call(item);
      if (isThenable(value)) value = await value;
    } catch (error) {
      throw context.blame(error);
    }
    if (value !== SKIPPED) {
      const pending = context.emit(value);
      if (pending !== undefined) await pending;
      if (chain.isOver) return;
    }
    if (pacer.isDue()) await pacer.turn();
  }
}

interface Job {
  readonly item: unknown;
  /** Its place in the order of the input. */
  readonly index: number;
  readonly key: unknown;
}

/**
 * `concurrency` workers, each in a task of its own, started when the ones before are at work.
 *
 * Results go out in the order of the items: `#results` holds them from the place `#head` on, and whoever fills that place
 * gives out all that follows without a gap. Items are taken while there are less than `concurrency + ahead` between the
 * head and the latest one. Without order the places are handed out when a result is there. An error keeps its place, too;
 * from the moment in which it is known nothing more is taken, and the items before it are still finished.
 */
class Mapping {
  readonly #map: MapDescription;
  readonly #call: Call;
  readonly #input: Input;
  readonly #context: StageContext;
  readonly #window: number;
  readonly #results = new Ring<unknown>();
  readonly #room = new WaitQueue<void>('the result of an earlier item');
  readonly #turns = new WaitQueue<void>('a turn to take an item');
  /** Items whose key is at work, by key. */
  readonly #queued = new Map<unknown, Ring<Job>>();
  /** Marks, and how many items have been taken before. */
  readonly #marks: { readonly mark: Mark; readonly after: number }[] = [];
  /** Without order: items whose results have not been given out, and which those are, in the order of the results. */
  readonly #unfinished = new Set<number>();
  readonly #indices = new Ring<number>();
  #head = 0;
  #taken = 0;
  #placed = 0;
  #isTaking = false;
  #isGivingOut = false;
  #noMore = false;
  #workers = 0;
  /** Workers that wait for something to do. */
  #idle = 0;
  #failure: { readonly error: unknown } | undefined = undefined;
  #nursery!: Nursery;

  constructor(map: MapDescription, call: Call, input: Input, context: StageContext) {
    this.#map = map;
    this.#call = call;
    this.#input = input;
    this.#context = context;
    this.#window = map.concurrency + map.ahead;
  }

  async run(): Promise<void> {
    await openNursery((nursery) => {
      this.#nursery = nursery;
      this.#startWorker();
    });
    if (this.#failure === undefined) return await this.#passMarks();
    for (const result of this.#results) {
      if (result instanceof Failed && result.isOwn) this.#context.alsoFailed(result.error);
    }
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
          // Here and not in a function of its own: a promise for each item would cost more than all the rest.
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
            result = new Failed(error, true);
          }
          const pending = this.#place(job.index, result);
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
    return this.#taken - this.#head < this.#window;
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
      await this.#passMarks();
      while (!this.#hasRoom && !this.#noMore) await this.#room.wait(undefined);
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
        await this.#place(this.#taken++, new Failed(error, false));
        return undefined;
      }
    }
  }

  /** `undefined` when it has to wait for an earlier item of the same key. */
  #jobOf(item: unknown): Job | undefined {
    if (item instanceof Mark) {
      this.#marks.push({ mark: item, after: this.#taken });
      return undefined;
    }
    const index = this.#taken++;
    if (!this.#map.ordered) this.#unfinished.add(index);
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

  /** Passes on the marks behind items whose results have all been given out. */
  async #passMarks(): Promise<void> {
    while (this.#marks.length > 0 && this.#marks[0]!.after <= this.#done) {
      await this.#context.mark(this.#marks.shift()!.mark);
    }
  }

  /** Up to which item all results have been given out. */
  get #done(): number {
    if (this.#map.ordered) return this.#head;
    for (const index of this.#unfinished) return index;
    return Infinity;
  }

  /** The next job of the same key, which only the same worker may do. */
  #nextOf({ key }: Job): Job | undefined {
    if (this.#map.key === undefined) return undefined;
    const queue = this.#queued.get(key)!;
    if (queue.length > 0 && this.#failure === undefined) return queue.shift();
    this.#queued.delete(key);
    return undefined;
  }

  // ---- giving out

  /** Puts a result at its place, and gives out what can be. @returns a promise when that has to wait. */
  #place(index: number, result: unknown): Promise<void> | undefined {
    const offset = (this.#map.ordered ? index : this.#placed++) - this.#head;
    const results = this.#results;
    if (!this.#map.ordered) this.#indices.push(index);
    if (offset < results.length) results.set(offset, result);
    else {
      while (results.length < offset) results.push(NO_RESULT);
      results.push(result);
    }
    // Set for good when giving out has failed or ended.
    if (this.#isGivingOut || results.at(0) === NO_RESULT) return undefined;
    this.#isGivingOut = true;
    return this.#giveOut();
  }

  #giveOut(): Promise<void> | undefined {
    const results = this.#results;
    const { chain, pacer } = this.#context;
    while (results.length > 0 && results.at(0) !== NO_RESULT && !chain.isOver) {
      const first = results.at(0);
      if (first instanceof Failed) {
        results.shift();
        throw first.isOwn ? this.#context.blame(first.error) : first.error;
      }
      const pending = first === SKIPPED ? undefined : this.#context.emit(first);
      if (pending !== undefined) return this.#goOnAfter(pending);
      this.#given();
      if (this.#marks.length > 0 || pacer.isDue()) return this.#goOn();
    }
    this.#hasGivenOut();
    return undefined;
  }

  async #goOnAfter(pending: PromiseLike<unknown>): Promise<void> {
    await pending;
    this.#given();
    await this.#goOn();
  }

  async #goOn(): Promise<void> {
    if (this.#marks.length > 0) await this.#passMarks();
    const { pacer } = this.#context;
    if (pacer.isDue()) await pacer.turn();
    await this.#giveOut();
  }

  #given(): void {
    this.#results.shift();
    this.#head++;
    if (!this.#map.ordered) this.#unfinished.delete(this.#indices.shift());
    this.#room.wakeFirst();
  }

  #hasGivenOut(): void {
    if (this.#context.chain.isOver) this.#end();
    else this.#isGivingOut = false;
  }
}
