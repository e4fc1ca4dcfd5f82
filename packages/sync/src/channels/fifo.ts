/**
 * A queue whose both ends cost the same however long it is, which `Array.shift` does not promise. Two stacks: new items go
 * on one, and the oldest are taken from the other. When that is empty, the first is reversed and takes its place. Each item
 * is moved once, and nothing is allocated.
 */
export class Fifo {
  #incoming: unknown[] = [];
  #outgoing: unknown[] = [];

  get length(): number {
    return this.#incoming.length + this.#outgoing.length;
  }

  push(value: unknown): void {
    this.#incoming.push(value);
  }

  /** Takes the oldest one. There must be one. */
  shift(): unknown {
    if (this.#outgoing.length === 0) {
      const incoming = this.#incoming;
      if (incoming.length === 1) return incoming.pop();
      this.#incoming = this.#outgoing;
      this.#outgoing = incoming.reverse();
    }
    return this.#outgoing.pop();
  }

  clear(): void {
    this.#incoming = [];
    this.#outgoing = [];
  }
}
