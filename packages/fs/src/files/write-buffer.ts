/** Bytes that were written to an open file and have not been passed to the system yet. */
export class WriteBuffer {
  readonly #capacity: number;
  /** Made when the first bytes come. */
  #memory: Buffer | undefined = undefined;
  /** The number of bytes at the beginning of `#memory` that are in the buffer. */
  #length = 0;

  /** @param capacity in bytes; 0 for none. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#length;
  }

  /** All bytes in it. Only valid until the next change. */
  get bytes(): Uint8Array {
    return this.#memory === undefined ? new Uint8Array() : this.#memory.subarray(0, this.#length);
  }

  /** Whether there is room for this many bytes more. */
  fits(length: number): boolean {
    return this.#length + length <= this.#capacity;
  }

  /** Copies bytes into it. They must fit. */
  append(data: Uint8Array): void {
    this.#memory ??= Buffer.allocUnsafeSlow(this.#capacity);
    this.#memory.set(data, this.#length);
    this.#length += data.byteLength;
  }

  /** Removes bytes at the beginning. */
  drop(count: number): void {
    this.#memory?.copyWithin(0, count, this.#length);
    this.#length -= count;
  }
}
