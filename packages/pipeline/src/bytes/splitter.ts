import { ReceiveLimitError } from '@tercet/streams';

/** Finds the pieces between delimiters in bytes that come in chunks of any size. */
export class Splitter {
  readonly #delimiter: Uint8Array;
  readonly #maxBytes: number;
  readonly #name: string;
  /** The chunks since the last delimiter, and their length together. */
  #pending: Uint8Array[] = [];
  #length = 0;
  /** How many bytes of the pending ones cannot be the beginning of a delimiter. */
  #position = 0;

  constructor(name: string, delimiter: Uint8Array, maxBytes: number) {
    this.#name = name;
    this.#delimiter = delimiter;
    this.#maxBytes = maxBytes;
  }

  /** The pieces that end in this chunk. @throws {ReceiveLimitError} when one is too long. */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    // The rest of the last chunk may hold the first part of a delimiter.
    const overlap = Math.min(this.#length, this.#delimiter.length - 1);
    let bytes = toBuffer(chunk);
    let searchFrom = 0;
    if (overlap > 0) {
      const tail = this.#takeTail(overlap);
      bytes = Buffer.concat([tail, bytes]);
    }
    let begin = 0;
    for (;;) {
      const end = bytes.indexOf(this.#delimiter, searchFrom);
      if (end < 0) break;
      const piece = this.#takeWith(bytes.subarray(begin, end));
      this.#position += piece.length + this.#delimiter.length;
      yield piece;
      begin = searchFrom = end + this.#delimiter.length;
    }
    this.#keep(bytes.subarray(begin));
  }

  get holds(): boolean {
    return this.#length > 0;
  }

  /** The bytes after the last delimiter; `undefined` if there are none. */
  rest(): Uint8Array | undefined {
    return this.#length === 0 ? undefined : this.#takeWith(new Uint8Array(0));
  }

  #takeTail(length: number): Uint8Array {
    const all = Buffer.concat(this.#pending);
    this.#pending = length < all.length ? [all.subarray(0, all.length - length)] : [];
    this.#length -= length;
    return all.subarray(all.length - length);
  }

  #takeWith(last: Uint8Array): Uint8Array {
    const length = this.#length + last.length;
    this.#requireShort(length);
    const piece = this.#pending.length === 0 ? last : Buffer.concat([...this.#pending, last]);
    this.#pending = [];
    this.#length = 0;
    return piece;
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    // The chunk belongs to the source, which may use its memory again.
    this.#pending.push(Uint8Array.prototype.slice.call(bytes));
    this.#length += bytes.length;
    this.#requireShort(this.#length - this.#delimiter.length + 1);
  }

  #requireShort(length: number): void {
    if (length <= this.#maxBytes) return;
    throw new ReceiveLimitError(
      `${this.#name}(): more than ${this.#maxBytes} bytes have come without a delimiter, from byte ${this.#position} on`,
    );
  }
}

export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
