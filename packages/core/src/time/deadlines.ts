import type { Order } from '../ordering/order.ts';
import type { Clock } from './clock.ts';

/** Something that happens at an instant of the run's clock. Only {@link Deadlines} writes `at`; NaN: not registered. */
export interface Timed {
  at: number;
  /** The instant has come, and it is no longer registered. */
  expire(): void;
}

/** Number of stale entries above which the heap is rebuilt without them. */
const TOLERATED_STALE = 1000;

/**
 * All deadlines of a run, also called a timer queue: a binary heap with lazy deletion, and one alarm of the clock, for the
 * earliest.
 *
 * Most deadlines are removed before they come. Removing one only marks the entry as stale: its `at` differs from its key. The
 * heap drops a stale entry when it comes to the top, or all of them when there are too many. Keys and items are parallel arrays,
 * so that sifting compares plain numbers.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #order: Order | undefined;
  readonly #keys: number[] = [];
  readonly #items: Timed[] = [];
  /** Number of entries that are not stale. */
  #live = 0;
  /** The instant for which the alarm of the clock is set; Infinity when it is not. */
  #alarm = Infinity;

  /** @param order decides which one expires first, of several that have the same instant. */
  constructor(clock: Clock, order?: Order) {
    this.#clock = clock;
    this.#order = order;
  }

  /** Number of deadlines that are registered. */
  get size(): number {
    return this.#live;
  }

  /** The earliest instant; Infinity when there is none. */
  get next(): number {
    this.#dropStale();
    return this.#keys[0] ?? Infinity;
  }

  /** Registers an item, in place of its previous instant if it has one. An infinite deadline is not registered. */
  set(item: Timed, at: number): void {
    if (item.at === at) return;
    if (item.at === item.at) this.remove(item);
    if (at === Infinity) return;
    item.at = at;
    this.#live++;
    this.#push(at, item);
    this.#ringAt(at);
  }

  remove(item: Timed): void {
    if (item.at !== item.at) return;
    item.at = NaN;
    this.#live--;
    const { length } = this.#items;
    if (this.#items[length - 1] === item) {
      this.#items.pop();
      this.#keys.pop();
    }
    if (this.#live === 0) this.#letGo();
    else if (length - this.#live > TOLERATED_STALE && length > 2 * this.#live) this.#rebuild();
  }

  /** Calls `expire` of each item whose instant has come, the earliest first. */
  expire(now: number): void {
    for (;;) {
      this.#dropStale();
      if (this.#keys.length === 0 || this.#keys[0]! > now) return;
      this.#order?.putFirst(this.#keys, this.#items);
      const item = this.#items[0]!;
      this.#pop();
      item.at = NaN;
      this.#live--;
      if (this.#live === 0) this.#letGo();
      item.expire();
    }
  }

  /** Removes all of them. */
  clear(): void {
    this.#live = 0;
    this.#letGo();
  }

  /** Empties the heap and clears the alarm: no entry is left that is not stale. */
  #letGo(): void {
    if (this.#items.length > 0) {
      this.#keys.length = 0;
      this.#items.length = 0;
    }
    if (this.#alarm === Infinity) return;
    this.#alarm = Infinity;
    this.#clock.clearAlarm();
  }

  readonly #ring = (): void => {
    this.#alarm = Infinity;
    this.expire(this.#clock.now());
    this.#ringAt(this.next);
  };

  #ringAt(at: number): void {
    if (at >= this.#alarm) return;
    this.#alarm = at;
    this.#clock.setAlarm(at, this.#ring);
  }

  #dropStale(): void {
    while (this.#keys.length > 0 && this.#items[0]!.at !== this.#keys[0]) this.#pop();
  }

  #push(key: number, item: Timed): void {
    const keys = this.#keys;
    const items = this.#items;
    let index = keys.length;
    keys.push(key);
    items.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const parentKey = keys[parent]!;
      if (parentKey <= key) break;
      keys[index] = parentKey;
      items[index] = items[parent]!;
      index = parent;
    }
    keys[index] = key;
    items[index] = item;
  }

  #pop(): void {
    const keys = this.#keys;
    const items = this.#items;
    const key = keys.pop()!;
    const item = items.pop()!;
    const { length } = keys;
    if (length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[index] = keys[child]!;
      items[index] = items[child]!;
      index = child;
    }
    keys[index] = key;
    items[index] = item;
  }

  #rebuild(): void {
    const live = this.#items.filter((item, index) => item.at === this.#keys[index]);
    this.#keys.length = this.#items.length = 0;
    for (const item of live) this.#push(item.at, item);
  }
}
