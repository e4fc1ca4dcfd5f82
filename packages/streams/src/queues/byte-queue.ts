/** The largest memory that is kept for later bytes when the queue becomes empty; bytes. */
const KEPT = 256 * 1024;

/**
 * A queue of bytes in one piece of memory, so that they can be searched. The memory grows as needed.
 */
export class ByteQueue {
  #memory: Buffer = Buffer.alloc(0);
  /** Where the bytes begin in the memory. Equal to `#end` when there are none, and both are 0 then. */
  #begin = 0;
  /** Where the bytes end in the memory. */
  #end = 0;
  /** Number of bytes that have left the queue since it was made. */
  #taken = 0;

  /** Number of bytes that have been taken or skipped since the queue was made. */
  get taken(): number {
    return this.#taken;
  }

  get length(): number {
    return this.#end - this.#begin;
  }

  push(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#memory.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /**
   * Position of `pattern`, counted from the first byte; -1 when it is not found.
   *
   * @param from position where the search begins.
   */
  indexOf(pattern: Uint8Array | number, from: number): number {
    const at = this.#memory.subarray(0, this.#end).indexOf(pattern, this.#begin + from);
    return at < 0 ? -1 : at - this.#begin;
  }

  /** The byte at a position, or `undefined` outside of the queue. */
  at(position: number): number | undefined {
    return position >= 0 && position < this.length ? this.#memory[this.#begin + position] : undefined;
  }

  /** The first bytes, decoded from UTF-8. They stay in the queue. */
  text(length: number): string {
    return this.#memory.toString('utf8', this.#begin, this.#begin + length);
  }

  /** Takes the first bytes out, as a copy. */
  take(length: number): Uint8Array {
    const taken = Buffer.from(this.#memory.subarray(this.#begin, this.#begin + length));
    this.skip(length);
    return taken;
  }

  /** Drops the first bytes. */
  skip(length: number): void {
    this.#begin += length;
    this.#taken += length;
    if (this.#begin < this.#end) return;
    this.#begin = 0;
    this.#end = 0;
    if (this.#memory.length > KEPT) this.#memory = Buffer.alloc(0);
  }

  /** Size of the memory that the queue holds, in bytes. */
  get capacity(): number {
    return this.#memory.length;
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#memory.length) return;
    const { length } = this;
    const kept = this.#memory.subarray(this.#begin, this.#end);
    // Move the bytes only if half of the memory is free. Otherwise many small pushes would move the same bytes every time.
    if (2 * (length + more) > this.#memory.length) {
      this.#memory = Buffer.allocUnsafeSlow(Math.max(4096, 2 * (length + more)));
    }
    this.#memory.set(kept);
    this.#begin = 0;
    this.#end = length;
  }
}
