/** An entry of a {@link LiveList}, and its neighbours; both are `undefined` once it has been removed. */
export interface LiveEntry<T> {
  readonly value: T;
  previous: LiveEntry<T> | undefined;
  next: LiveEntry<T> | undefined;
}

/**
 * A doubly linked list of things that are alive at the moment. A `Set` to which short-lived objects are added all the time costs
 * more than serving them: it replaces its table again and again, old tables refer to new ones, and once V8 has moved one
 * to its old generation, all that come after it live until the next full collection (benchmark `http`).
 */
export class LiveList<T> {
  /** Closes the ring: its `next` is the first entry and its `previous` the last one. */
  readonly #ring: LiveEntry<T>;

  constructor() {
    const ring = { value: undefined as T, previous: undefined, next: undefined } as LiveEntry<T>;
    ring.previous = ring.next = ring;
    this.#ring = ring;
  }

  add(value: T): LiveEntry<T> {
    const ring = this.#ring;
    const entry: LiveEntry<T> = { value, previous: ring.previous, next: ring };
    ring.previous!.next = entry;
    ring.previous = entry;
    return entry;
  }

  remove(entry: LiveEntry<T>): void {
    const { previous, next } = entry;
    if (previous === undefined || next === undefined) return;
    previous.next = next;
    next.previous = previous;
    entry.previous = entry.next = undefined;
  }

  /** All values; entries may be removed meanwhile. */
  values(): T[] {
    const values: T[] = [];
    for (let entry = this.#ring.next!; entry !== this.#ring; entry = entry.next!) values.push(entry.value);
    return values;
  }
}
