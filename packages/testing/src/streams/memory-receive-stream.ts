import { checkpoint, ClosedResourceError } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import { ConflictDetector, iterateChunks, requireMaxBytes } from '@tercet/streams/lowlevel';
import type { ReceiveStream, Sendable } from '@tercet/streams';
import { ByteQueue } from './byte-queue.ts';
import { twoCheckpoints } from './two-checkpoints.ts';

/**
 * Functions that a {@link MemoryReceiveStream} calls in its operations.
 *
 * @example
 * let left = 3;
 * const hooks: MemoryReceiveStreamHooks = {
 *   // A peer that sends something whenever it is asked, three times.
 *   receiveSomeHook: () => (left-- > 0 ? stream.putData('hello') : stream.putEof()),
 * };
 * const stream = new MemoryReceiveStream(hooks);
 * for await (const chunk of stream) console.log(chunk.length);
 */
export interface MemoryReceiveStreamHooks {
  /** Called and awaited by `receiveSome` before it looks for data. */
  readonly receiveSomeHook?: () => unknown;
  /** Called synchronously by every `close`. */
  readonly closeHook?: () => void;
}

/**
 * A stream from which the data is received that the test has put into it. Receiving waits while there is none. Hooks make it
 * fail, or supply data. They may be replaced at any time.
 *
 * @example
 * const stream = new MemoryReceiveStream();
 * stream.putData('GET / HTTP/1.1\r\n');
 * stream.putEof();
 * await expect(readRequest(stream)).rejects.toThrow('the request ends in its header');
 */
export class MemoryReceiveStream implements ReceiveStream {
  static {
    inspectAs(this, (stream) => `MemoryReceiveStream${stream.#closed ? ': closed' : ''}`);
  }

  receiveSomeHook: (() => unknown) | undefined;
  closeHook: (() => void) | undefined;

  readonly #receiving = new ConflictDetector('another task is using this stream');
  /** The data that has not been received. Closed by `putEof`, and by `close`. */
  readonly #incoming = new ByteQueue();
  /** True once `close` was called. */
  #closed = false;

  constructor(hooks: MemoryReceiveStreamHooks = {}) {
    this.receiveSomeHook = hooks.receiveSomeHook;
    this.closeHook = hooks.closeHook;
  }

  /**
   * Calls the hook, waits until there is data, and returns up to `maxBytes` bytes of it. A checkpoint.
   *
   * @returns `null` after `putEof`, once all data has been received.
   * @throws {BusyResourceError} when another task is receiving.
   * @throws {ClosedResourceError} when the stream is closed, or is closed meanwhile. @throws any error of the hook.
   * @throws {RangeError} when `maxBytes` is less than 1. @throws {TypeError} when it is not an integer.
   */
  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#receiving.run(async () => {
      requireMaxBytes(maxBytes, Infinity);
      await twoCheckpoints();
      this.#throwIfClosed();
      await this.receiveSomeHook?.();
      const data = await this.#incoming.get(maxBytes);
      this.#throwIfClosed();
      return data;
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return iterateChunks(this);
  }

  /**
   * Closes the stream as soon as it is called, and drops the data in memory. A checkpoint.
   *
   * @throws {Cancelled} when the scope is cancelled. The stream is closed nevertheless. @throws any error of the hook.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#incoming.closeAndWipe();
    this.closeHook?.();
    await checkpoint();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Adds a copy of the data. A string is encoded as UTF-8. Not a checkpoint.
   *
   * @throws {ClosedResourceError} after `putEof`, or when the stream is closed.
   * @throws {TypeError} when `data` is neither a string nor a view of bytes.
   */
  putData(data: Sendable): void {
    this.#incoming.put(data);
  }

  /** Ends the stream. Data in memory can still be received. Calling it again has no effect. Not a checkpoint. */
  putEof(): void {
    this.#incoming.close();
  }

  #throwIfClosed(): void {
    if (this.#closed) throw new ClosedResourceError('the stream has been closed');
  }
}
