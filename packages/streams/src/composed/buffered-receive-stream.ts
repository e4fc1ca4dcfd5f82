import { checkpoint } from '@tercet/core';
import { inspectAs, ready, rejected, rejectIfCancelled } from '@tercet/core/lowlevel';
import { ConflictDetector } from '../contract/conflict-detector.ts';
import { iterateChunks } from '../contract/iterate-chunks.ts';
import { requireMaxBytes } from '../contract/require-max-bytes.ts';
import { closedError } from '../contract/stream-errors.ts';
import { toBytes } from '../contract/to-bytes.ts';
import type { ReceiveStream } from '../interfaces/receive-stream.ts';
import { ByteQueue } from '../queues/byte-queue.ts';
import { LineIterator } from '../lines/line-iterator.ts';
import { IncompleteReceiveError, ReceiveLimitError } from '../contract/receive-errors.ts';
import { requireLength } from '../contract/require-length.ts';

/**
 * A limit, so that a peer that never sends a delimiter cannot fill the memory.
 *
 * @example
 * const [stream, peer] = memoryStreamPair();
 * await peer.sendAll('GET / HTTP/1.1\r\nHost: example.org\r\n\r\n');
 * const limit: ReceiveLimit = { maxBytes: 16 * 1024 };
 * await new BufferedReceiveStream(stream).receiveUntil('\r\n\r\n', limit);
 */
export interface ReceiveLimit {
  /** The largest number of bytes that may come before the delimiter or the line end. */
  readonly maxBytes: number;
}

const DEFAULT_LINE_LIMIT = 1024 * 1024;

/**
 * Receives the parts of a protocol from a stream: an exact number of bytes, bytes up to a delimiter, or lines. The chunks of
 * the stream may have any size. An operation that fails or is cancelled loses nothing: its bytes stay in the buffer.
 *
 * @example
 * const [stream, peer] = memoryStreamPair();
 * await peer.sendAll('{ "id": 1 }\n{ "id": 2 }\n');
 * await peer.sendEof();
 * const input = new BufferedReceiveStream(stream);
 * for await (const line of input.lines()) console.log(JSON.parse(line));
 */
export class BufferedReceiveStream implements ReceiveStream {
  static {
    inspectAs(this, (stream) => `BufferedReceiveStream ${stream.#queue.length} bytes buffered`);
  }

  readonly #stream: ReceiveStream;
  readonly #queue = new ByteQueue();
  readonly #receiving = new ConflictDetector('another task is receiving from this stream');
  #closed = false;

  /** @param stream belongs to the new stream from now on, and is closed with it. */
  constructor(stream: ReceiveStream) {
    this.#stream = stream;
  }

  /** Receives buffered bytes, or some of the stream when there are none. A checkpoint. @throws the errors of `ReceiveStream`. */
  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#receive('receiveSome()', () => {
      const most = requireMaxBytes(maxBytes, Infinity);
      if (this.#queue.length > 0) return ready(this.#queue.take(Math.min(most, this.#queue.length)), 'receiveSome()');
      return this.#stream.receiveSome(maxBytes);
    });
  }

  /**
   * Receives exactly `length` bytes. A checkpoint.
   *
   * @returns `null` when the stream ends before the first of them.
   * @throws {IncompleteReceiveError} when the stream ends between the first and the last of them.
   * @throws {Cancelled} when the surrounding scope is cancelled. No bytes are lost.
   * @throws {BusyResourceError} when another task is receiving. @throws {BrokenResourceError} when the connection is lost.
   * @throws {ClosedResourceError} when the stream is closed.
   * @throws {TypeError} when `length` is not an integer. @throws {RangeError} when it is negative.
   */
  receiveExactly(length: number): Promise<Uint8Array | null> {
    const operation = 'receiveExactly()';
    return this.#receive(operation, async () => {
      requireLength(length, operation, 0);
      while (this.#queue.length < length) {
        if (await this.#fill()) continue;
        if (this.#queue.length === 0) return null;
        throw new IncompleteReceiveError(
          `${operation}: the stream ended after ${this.#queue.length} of ${length} bytes`,
        );
      }
      return await ready(this.#queue.take(length), operation);
    });
  }

  /**
   * Receives the bytes before a delimiter. The delimiter is removed from the stream, and not returned. A checkpoint.
   *
   * @param delimiter bytes, or a string, which stands for its UTF-8.
   * @returns `null` when the stream has ended and no bytes are left.
   * @throws {ReceiveLimitError} when more than `maxBytes` bytes come without the delimiter.
   * @throws {IncompleteReceiveError} when the stream ends before the delimiter.
   * @throws {Cancelled} when the surrounding scope is cancelled. No bytes are lost.
   * @throws {BusyResourceError} when another task is receiving. @throws {BrokenResourceError} when the connection is lost.
   * @throws {ClosedResourceError} when the stream is closed.
   * @example
   * const head = await input.receiveUntil('\r\n\r\n', { maxBytes: 16_384 });
   */
  receiveUntil(delimiter: string | Uint8Array, limit: ReceiveLimit): Promise<Uint8Array | null> {
    const operation = 'receiveUntil()';
    return this.#receive(operation, async () => {
      // Callers without types may leave the limit out.
      const { maxBytes } = { ...limit };
      const pattern = toBytes(delimiter, operation);
      if (pattern.length === 0) throw new RangeError(`${operation}: the delimiter must not be empty`);
      requireLength(maxBytes, operation, 1);
      for (let searched = 0; ;) {
        const at = this.#queue.indexOf(pattern, searched);
        if (at > maxBytes || (at < 0 && this.#queue.length >= maxBytes + pattern.length)) {
          throw new ReceiveLimitError(`${operation}: no delimiter came within ${maxBytes} bytes`);
        }
        if (at >= 0) {
          const found = this.#queue.take(at);
          this.#queue.skip(pattern.length);
          return await ready(found, operation);
        }
        searched = Math.max(0, this.#queue.length - pattern.length + 1);
        if (await this.#fill()) continue;
        if (this.#queue.length === 0) return null;
        throw new IncompleteReceiveError(
          `${operation}: the stream ended after ${this.#queue.length} bytes without the delimiter`,
        );
      }
    });
  }

  /**
   * Iterates over the lines of the stream, decoded from UTF-8, without their line ends, `\n` or `\r\n`. The last line needs
   * no line end. Leaving the loop loses nothing, and does not close the stream. Each step is a checkpoint.
   *
   * @param options.maxBytes the longest allowed line, in bytes; 1 MiB when left out.
   * @throws {ReceiveLimitError} when a line is longer. @throws the errors of `receiveSome`.
   * @example
   * for await (const line of input.lines({ maxBytes: 8192 })) handle(line);
   */
  lines(options: Partial<ReceiveLimit> = {}): AsyncIterable<string> {
    const maxBytes = options.maxBytes ?? DEFAULT_LINE_LIMIT;
    requireLength(maxBytes, 'lines()', 1);
    const source = {
      queue: this.#queue,
      receive: <T>(fn: () => Promise<T>): Promise<T> => this.#receive('lines()', fn),
      fill: (): Promise<boolean> => this.#fill(),
    };
    return { [Symbol.asyncIterator]: () => new LineIterator(source, maxBytes) };
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return iterateChunks(this);
  }

  close(): Promise<void> {
    if (this.#closed) return checkpoint();
    this.#closed = true;
    this.#queue.skip(this.#queue.length);
    return this.#stream.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #receive<T>(operation: string, fn: () => Promise<T>): Promise<T> {
    const cancelled = rejectIfCancelled(operation);
    if (cancelled !== undefined) return cancelled;
    if (this.#closed) return rejected(closedError(operation, 'the stream'));
    return this.#receiving.run(fn);
  }

  /** Receives a chunk into the buffer. @returns false at the end of the stream. */
  async #fill(): Promise<boolean> {
    const chunk = await this.#stream.receiveSome();
    if (chunk === null) return false;
    this.#queue.push(chunk);
    return true;
  }
}
