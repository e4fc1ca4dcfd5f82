/** Less than this is not worth the copying. */
const SLACK = 32;

/** A queue whose both ends cost the same however long it is, which `Array.shift` does not promise. */
export class Fifo {
  #items: unknown[] = [];
  #first = 0;

  get length(): number {
    return this.#items.length - this.#first;
  }

  push(value: unknown): void {
    this.#items.push(value);
  }

  /** Takes the oldest one. There must be one. */
  shift(): unknown {
    const items = this.#items;
    const value = items[this.#first];
    items[this.#first++] = undefined;
    // What has been taken is cut off when it is half of all: so each item is copied once at most, on average.
    if (this.#first > SLACK && this.#first * 2 > items.length) this.#restart(items.slice(this.#first));
    return value;
  }

  clear(): void {
    this.#restart([]);
  }

  #restart(items: unknown[]): void {
    this.#items = items;
    this.#first = 0;
  }
}
