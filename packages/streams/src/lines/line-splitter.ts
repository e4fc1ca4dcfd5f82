import { inspectAs } from '@tercet/core/lowlevel';
import { ByteQueue } from '../queues/byte-queue.ts';
import { LineCutter } from './line-cutter.ts';
import type { LineLimit } from './line-cutter.ts';
import { requireLength } from '../contract/require-length.ts';

/**
 * Splits bytes that are pushed, by events for instance, into lines of UTF-8. A line ends with `\n` or `\r\n`, which is not
 * part of the line. `BufferedReceiveStream.lines` does the same for a stream.
 *
 * It takes time in proportion to the number of bytes, and keeps at most `maxBytes` bytes and a chunk.
 *
 * @example
 * const splitter = new LineSplitter({ maxBytes: 8192, longLines: 'cut' });
 * for await (const chunk of stream) for (const line of splitter.push(chunk)) log(line);
 * for (const line of splitter.end()) log(line);
 */
export class LineSplitter {
  static {
    inspectAs(this, (splitter) => `LineSplitter ${splitter.#queue.length} bytes buffered`);
  }

  readonly #queue = new ByteQueue();
  readonly #cutter: LineCutter;

  /** @throws {TypeError} when `maxBytes` is not an integer. @throws {RangeError} when it is less than 1. */
  constructor(limit: LineLimit) {
    requireLength(limit.maxBytes, 'LineSplitter', 1);
    this.#cutter = new LineCutter(this.#queue, limit, 'LineSplitter');
  }

  /**
   * Adds a copy of `chunk`, at once.
   *
   * @returns the lines that are complete now. Lines that are not taken from this iterator come with the next chunk.
   * @throws {ReceiveLimitError} from the iterator, when a line is too long.
   */
  push(chunk: Uint8Array): IterableIterator<string> {
    this.#queue.push(chunk);
    return linesFrom(() => this.#cutter.next());
  }

  /** Ends the bytes. @returns the remaining lines. The last one needs no line end. */
  end(): IterableIterator<string> {
    return linesFrom(() => this.#cutter.next() ?? this.#cutter.last());
  }
}

function* linesFrom(next: () => string | undefined): Generator<string, void> {
  for (let line = next(); line !== undefined; line = next()) yield line;
}
