import type { Duration } from '@tercet/core';
import { sectionOf } from '../describing/section.ts';
import type { Place, Section, SyncDescription, TaskDescription } from '../describing/section.ts';
import { NOTHING } from '../running/input.ts';
import { BOUNDARY } from '../running/link.ts';
import { requireCount, requireFunction, requireTime } from './require.ts';
import { moreUntil } from './timing.ts';

/**
 * For `batch`: `size`, `within` or both.
 *
 * @example
 * // 500 rows, or those of a second, whichever comes first.
 * const rows: BatchOptions<string> = { size: 500, within: { seconds: 1 } };
 * // At most a megabyte.
 * const uploads: BatchOptions<Uint8Array> = { size: 1024 * 1024, weigh: (bytes) => bytes.length };
 * await pipeline(['a', 'b'], batch(rows)).toArray(); // [['a', 'b']]
 */
export interface BatchOptions<T> {
  /** How many items a batch has at most; with `weigh`, what they weigh together. */
  readonly size?: number;
  /** How long after its first item a batch is given, full or not. */
  readonly within?: Duration;
  /** The weight of an item; 1 when left out. An item that is heavier than `size` is a batch alone. */
  readonly weigh?: (item: T) => number;
  /** Whether items may be taken from above while a batch waits to be taken. */
  readonly eager?: boolean;
}

/**
 * Gives arrays of items: as soon as there are `size`, or `within` after the first one, or at the end of the input. An array is
 * never empty.
 *
 * While a batch has not been taken by what comes after it, nothing is taken from above, so that items are not held by
 * a consumer that cannot use them. `eager: true` allows the usual 64.
 *
 * @throws {TypeError} when neither `size` nor `within` is given. @throws {RangeError} when one of them is too small.
 * @example
 * await pipeline(rows, batch({ size: 500, within: { seconds: 1 } })).forEach((rows) => insert(rows));
 */
export function batch<T>(options: BatchOptions<T>): Section<T, T[]> {
  const { size, within, weigh, eager = false } = options ?? {};
  if (size === undefined && within === undefined)
    throw new TypeError('batch(): give a size, or a time within, or both');
  if (weigh !== undefined) requireFunction('batch(): weigh', weigh);
  const limit = size === undefined ? Infinity : weigh === undefined ? requireCount('batch', 'size', size, 1) : size;
  if (!(limit > 0)) throw new RangeError(`batch(): size must be above 0, not ${limit}`);
  const plan: Plan = { limit, weigh: weigh as Plan['weigh'], isLazy: !eager };
  if (within === undefined) return sectionOf(batchBySize(plan));
  return sectionOf(batchByTime(plan, requireTime('batch', 'within', within)));
}

interface Plan {
  readonly limit: number;
  readonly weigh: ((item: unknown) => number) | undefined;
  readonly isLazy: boolean;
}

/** The batch that is being collected. */
class Collection {
  readonly #plan: Plan;
  readonly #place: Place;
  #items: unknown[] = [];
  #weight = 0;

  constructor(plan: Plan, place: Place) {
    this.#plan = plan;
    this.#place = place;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  get length(): number {
    return this.#items.length;
  }

  get isFull(): boolean {
    return this.#weight >= this.#plan.limit;
  }

  /** How many more items fit, as far as that is known. */
  get room(): number {
    return this.#plan.weigh === undefined ? Math.min(BOUNDARY, this.#plan.limit - this.#weight) : 1;
  }

  /** @returns the batch that has to be given first, because the item does not fit into it. */
  add(item: unknown): unknown[] | undefined {
    const weight = this.#weigh(item);
    const given = !this.isEmpty && this.#weight + weight > this.#plan.limit ? this.take() : undefined;
    this.#items.push(item);
    this.#weight += weight;
    return given;
  }

  take(): unknown[] {
    const items = this.#items;
    this.#items = [];
    this.#weight = 0;
    return items;
  }

  #weigh(item: unknown): number {
    const { weigh } = this.#plan;
    if (weigh === undefined) return 1;
    try {
      const weight = weigh(item);
      if (weight >= 0) return weight;
      throw new RangeError(`batch(): weigh must return a number of at least 0, not ${String(weight)}`);
    } catch (error) {
      throw this.#place.blame(error);
    }
  }
}

function batchBySize(plan: Plan): SyncDescription {
  return {
    kind: 'sync',
    name: 'batch',
    isLazy: plan.isLazy,
    build: (next, place) => {
      const collection = new Collection(plan, place);
      const bothInTurn = async (first: PromiseLike<unknown>): Promise<void> => {
        await first;
        if (!place.isOver) await next(collection.take());
      };
      return {
        step: (item) => {
          const given = collection.add(item);
          const pending = given === undefined ? undefined : next(given);
          if (!collection.isFull || place.isOver) return pending;
          return pending === undefined ? next(collection.take()) : bothInTurn(pending);
        },
        holds: () => !collection.isEmpty,
        flush: () => (collection.isEmpty ? undefined : next(collection.take())),
      };
    },
  };
}

function batchByTime(plan: Plan, within: number): TaskDescription {
  return {
    kind: 'task',
    name: 'batch',
    isLazy: plan.isLazy,
    async body(input, emit, place) {
      const collection = new Collection(plan, place);
      place.keeps(() => collection.length);
      let due = Infinity;
      const want = (count: number): void => (plan.isLazy ? input.want?.(count) : undefined);
      const give = async (items: unknown[]): Promise<void> => {
        want(0);
        await emit(items);
      };
      for (;;) {
        want(Math.max(1, collection.room));
        const item = input.take();
        if (item === NOTHING) {
          const more = await moreUntil(due, input, place);
          if (more === false) break;
          if (more === true) continue;
        } else {
          const given = collection.add(item);
          if (given !== undefined) await give(given);
          if (given !== undefined || due === Infinity) due = place.now() + within;
          if (place.isOver) return;
          if (!collection.isFull && place.now() < due) {
            const pause = place.pace();
            if (pause !== undefined) await pause;
            continue;
          }
        }
        due = Infinity;
        await give(collection.take());
        if (place.isOver) return;
      }
      if (!collection.isEmpty) await emit(collection.take());
    },
  };
}
