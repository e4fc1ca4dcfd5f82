/** What is kept for the next bytes when all have been taken; more than this is given back. */
const KEPT = 256 * 1024;

/**
 * Bytes that are added at one end and taken at the other, in one piece of memory that grows as needed, so that they can be
 * searched.
 */
export class ByteQueue {
  #memory: Buffer = Buffer.alloc(0);
  #begin = 0;
  #end = 0;
  #taken = 0;

  /** How many bytes have been taken or thrown away until now. */
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

  /** Where `pattern` begins, counted from the first byte; -1 when it is not there. @param from where to begin to look. */
  indexOf(pattern: Uint8Array | number, from: number): number {
    const at = this.#memory.subarray(0, this.#end).indexOf(pattern, this.#begin + from);
    return at < 0 ? -1 : at - this.#begin;
  }

  /** The byte at a position; `undefined` where there is none. */
  at(position: number): number | undefined {
    return position >= 0 && position < this.length ? this.#memory[this.#begin + position] : undefined;
  }

  /** The first bytes as text. */
  text(length: number): string {
    return this.#memory.toString('utf8', this.#begin, this.#begin + length);
  }

  /** Takes the first bytes, as a copy. */
  take(length: number): Uint8Array {
    const taken = Buffer.from(this.#memory.subarray(this.#begin, this.#begin + length));
    this.skip(length);
    return taken;
  }

  /** Throws the first bytes away. */
  skip(length: number): void {
    this.#begin += length;
    this.#taken += length;
    if (this.#begin < this.#end) return;
    this.#begin = 0;
    this.#end = 0;
    if (this.#memory.length > KEPT) this.#memory = Buffer.alloc(0);
  }

  /** How much memory it holds, in bytes. */
  get capacity(): number {
    return this.#memory.length;
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#memory.length) return;
    const { length } = this;
    const kept = this.#memory.subarray(this.#begin, this.#end);
    // Moving pays only if much has been taken already; otherwise many small pushes would move the same bytes every time.
    if (2 * (length + more) > this.#memory.length) {
      this.#memory = Buffer.allocUnsafeSlow(Math.max(4096, 2 * (length + more)));
    }
    this.#memory.set(kept);
    this.#begin = 0;
    this.#end = length;
  }
}
