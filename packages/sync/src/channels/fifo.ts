const SMALLEST = 8;
const KEPT = 1024;

/** A queue in a ring: both ends cost the same however long it is, which `Array.shift` does not promise. */
export class Fifo {
  // As many slots as a power of two, so that a mask does what otherwise a division would do.
  #slots: unknown[] = [];
  #first = 0;
  length = 0;

  push(value: unknown): void {
    if (this.length === this.#slots.length) this.#grow();
    this.#slots[(this.#first + this.length++) & (this.#slots.length - 1)] = value;
  }

  /** Takes the oldest one. There must be one. */
  shift(): unknown {
    const value = this.#slots[this.#first];
    this.#slots[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#slots.length - 1);
    // What a burst has needed is given back when it is over.
    if (--this.length === 0 && this.#slots.length > KEPT) this.clear();
    return value;
  }

  clear(): void {
    this.#slots = [];
    this.#first = this.length = 0;
  }

  #grow(): void {
    const slots = this.#slots;
    this.#slots = slots.slice(this.#first).concat(slots.slice(0, this.#first));
    this.#slots.length = Math.max(SMALLEST, 2 * slots.length);
    this.#first = 0;
  }
}
