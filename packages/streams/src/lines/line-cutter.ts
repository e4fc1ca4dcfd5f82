import type { ByteQueue } from '../queues/byte-queue.ts';
import { ReceiveLimitError } from '../contract/receive-errors.ts';

/** How long lines may be, and what becomes of longer ones. */
export interface LineLimit {
  /** The longest line, in bytes of UTF-8, without its end. */
  readonly maxBytes: number;
  /**
   * What becomes of a longer one: `'refuse'`, the default, is a `ReceiveLimitError`; `'cut'` gives it in pieces of at most
   * `maxBytes` bytes, and never cuts a character in two.
   */
  readonly longLines?: 'refuse' | 'cut';
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Bytes in UTF-8 that go on with a character are 10xxxxxx; a character has up to three of them. */
const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/**
 * Takes lines out of a queue of bytes. Each byte is looked at once for the end of a line, however small the chunks are in
 * which a long line comes, and no more than a line and a chunk is ever kept.
 */
export class LineCutter {
  readonly #queue: ByteQueue;
  readonly #maxBytes: number;
  readonly #cuts: boolean;
  readonly #operation: string;
  // Counted from the first byte that was ever in the queue, because others may take bytes as well.
  #searched = 0;

  constructor(queue: ByteQueue, { maxBytes, longLines = 'refuse' }: LineLimit, operation: string) {
    this.#queue = queue;
    this.#maxBytes = maxBytes;
    this.#cuts = longLines === 'cut';
    this.#operation = operation;
  }

  /**
   * The next line whose end has come, or piece of a line that is too long.
   *
   * @returns `undefined` when more has to come first. @throws {ReceiveLimitError} when the line is too long.
   */
  next(): string | undefined {
    const queue = this.#queue;
    const at = queue.indexOf(NEWLINE, Math.max(0, this.#searched - queue.taken));
    if (at >= 0) return this.#take(queue.at(at - 1) === RETURN ? at - 1 : at, at + 1);
    this.#searched = queue.taken + queue.length;
    // One more may be the \r of the line's end.
    return queue.length > this.#maxBytes + 1 ? this.#takePiece() : undefined;
  }

  /** The line without an end that is left when nothing more comes, or its next piece; `undefined` when there is none. */
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
    // A limit that is shorter than a character, or bytes that are not UTF-8.
    if (end < 1 || isContinuation(this.#queue.at(end))) end = this.#maxBytes;
    return this.#take(end, end);
  }
}
