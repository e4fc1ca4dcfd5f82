import { checkpoint, ClosedResourceError } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import { ConflictDetector, iterateChunks, requireMaxBytes } from '@tercet/streams/lowlevel';
import type { ReceiveStream, Sendable } from '@tercet/streams';
import { ByteQueue } from './byte-queue.ts';
import { twoCheckpoints } from './two-checkpoints.ts';

/** What a {@link MemoryReceiveStream} calls, besides what it does itself. */
export interface MemoryReceiveStreamHooks {
  /** Called by `receiveSome` before it looks for data, and awaited. */
  readonly receiveSomeHook?: () => unknown;
  /** Called by `close`, synchronously, also when it is closed again. */
  readonly closeHook?: () => void;
}

/**
 * A stream that gives what the test has put into it. It waits while there is nothing; hooks, which may be exchanged at
 * any time, make it fail, or fetch something to give.
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
  // Closed by the end of what the test puts in, and by our own close(), which also sets the flag.
  readonly #incoming = new ByteQueue();
  #closed = false;

  constructor(hooks: MemoryReceiveStreamHooks = {}) {
    this.receiveSomeHook = hooks.receiveSomeHook;
    this.closeHook = hooks.closeHook;
  }

  /**
   * Calls the hook, then gives what is in memory, up to `maxBytes`, and waits until there is something. A checkpoint.
   *
   * @returns `null` after `putEof`, when everything has been received.
   * @throws {BusyResourceError} when another task is receiving.
   * @throws {ClosedResourceError} when the stream is closed, or gets closed meanwhile. @throws what the hook throws.
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
   * Closes the stream, at the moment of the call, and throws away what is in memory. A checkpoint.
   *
   * @throws {Cancelled} when the scope is cancelled; it is closed all the same. @throws what the hook throws.
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
   * Puts a copy of the data into memory; a string as UTF-8. Not a checkpoint.
   *
   * @throws {ClosedResourceError} after `putEof`, or when the stream is closed.
   * @throws {TypeError} when `data` is neither a string nor a view of bytes.
   */
  putData(data: Sendable): void {
    this.#incoming.put(data);
  }

  /** Ends the stream: what is in memory can still be received. Doing it again has no effect. Not a checkpoint. */
  putEof(): void {
    this.#incoming.close();
  }

  #throwIfClosed(): void {
    if (this.#closed) throw new ClosedResourceError('the stream has been closed');
  }
}
