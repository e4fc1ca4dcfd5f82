const EMPTY: never[] = [];

/** A queue over an array that is used in a circle: both ends cost the same, and it grows to what it has had to hold. */
export class Ring<T> {
  #items: (T | undefined)[] = EMPTY;
  #head = 0;
  #mask = -1;
  length = 0;

  push(item: T): void {
    if (this.length > this.#mask) this.#grow();
    this.#items[(this.#head + this.length++) & this.#mask] = item;
  }

  /** Takes the oldest one. There must be one. */
  shift(): T {
    const head = this.#head;
    const item = this.#items[head] as T;
    this.#items[head] = undefined;
    this.#head = (head + 1) & this.#mask;
    this.length--;
    return item;
  }

  /** The item at that place, counted from the oldest; there must be one. */
  at(index: number): T {
    return this.#items[(this.#head + index) & this.#mask] as T;
  }

  /** Puts another item at that place; there must be one. */
  set(index: number, item: T): void {
    this.#items[(this.#head + index) & this.#mask] = item;
  }

  clear(): void {
    this.#items = EMPTY;
    this.#head = 0;
    this.#mask = -1;
    this.length = 0;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  #grow(): void {
    const items = Array.from(this);
    items.length = Math.max(4, 2 * (this.#mask + 1));
    this.#items = items;
    this.#head = 0;
    this.#mask = items.length - 1;
  }
}
