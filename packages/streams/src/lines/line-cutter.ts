import type { ByteQueue } from '../queues/byte-queue.ts';
import { ReceiveLimitError } from '../contract/receive-errors.ts';

/**
 * How long lines may be, and what happens to longer ones.
 *
 * @example
 * const limit: LineLimit = { maxBytes: 8192, longLines: 'cut' }; // a log may hold lines of any length
 */
export interface LineLimit {
  /** The longest allowed line, in bytes of UTF-8, without its line end. */
  readonly maxBytes: number;
  /**
   * How a longer line is treated. `'refuse'`, the default, throws a `ReceiveLimitError`. `'cut'` returns it in pieces of at
   * most `maxBytes` bytes, and never cuts a character in two.
   */
  readonly longLines?: 'refuse' | 'cut';
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** In UTF-8, the second and later bytes of a character are 10xxxxxx. A character has up to three of them. */
const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/**
 * Takes lines out of a queue of bytes. Each byte is searched once for a line end, even when a long line comes in small chunks.
 * The queue never holds more than a line and a chunk.
 */
export class LineCutter {
  readonly #queue: ByteQueue;
  readonly #maxBytes: number;
  readonly #cuts: boolean;
  readonly #operation: string;
  /**
   * Position behind the last byte that has been searched. It is counted from the first byte that was ever in the queue,
   * because other code may take bytes out of the queue as well.
   */
  #searched = 0;

  constructor(queue: ByteQueue, { maxBytes, longLines = 'refuse' }: LineLimit, operation: string) {
    this.#queue = queue;
    this.#maxBytes = maxBytes;
    this.#cuts = longLines === 'cut';
    this.#operation = operation;
  }

  /**
   * Takes the next complete line, or the next piece of a line that is too long.
   *
   * @returns `undefined` when more bytes are needed. @throws {ReceiveLimitError} when the line is too long.
   */
  next(): string | undefined {
    const queue = this.#queue;
    const at = queue.indexOf(NEWLINE, Math.max(0, this.#searched - queue.taken));
    if (at >= 0) {
      // Each byte is searched once, also when the line is taken in pieces.
      this.#searched = queue.taken + at;
      return this.#take(queue.at(at - 1) === RETURN ? at - 1 : at, at + 1);
    }
    this.#searched = queue.taken + queue.length;
    // One byte more is allowed, because it may be the \r of the line end.
    return queue.length > this.#maxBytes + 1 ? this.#takePiece() : undefined;
  }

  /**
   * Takes the last line, which has no line end, or its next piece. To be called when the bytes have ended.
   *
   * @returns `undefined` when nothing is left.
   */
  last(): string | undefined {
    const { length } = this.#queue;
    return length === 0 ? undefined : this.#take(length, length);
  }

  #take(length: number, lengthWithEnd: number): string {
    if (length > this.#maxBytes) return this.#takePiece();
    const line = this.#queue.text(length);
    this.#queue.skip(lengthWithEnd);
    return line;
  }

  #takePiece(): string {
    if (!this.#cuts) throw new ReceiveLimitError(`${this.#operation}: a line is longer than ${this.#maxBytes} bytes`);
    let end = this.#maxBytes;
    while (isContinuation(this.#queue.at(end)) && this.#maxBytes - end < 3) end--;
    // The limit is shorter than a character, or the bytes are not UTF-8.
    if (end < 1 || isContinuation(this.#queue.at(end))) end = this.#maxBytes;
    return this.#take(end, end);
  }
}
