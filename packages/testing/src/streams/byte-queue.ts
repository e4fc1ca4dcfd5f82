import { ClosedResourceError, WouldBlock } from '@tercet/core';
import { ready, rejectIfCancelled, WaitQueue } from '@tercet/core/lowlevel';
import { ChunkQueue, ConflictDetector, requireMaxBytes, toBytes } from '@tercet/streams/lowlevel';
import type { Sendable } from '@tercet/streams';

/** A queue of bytes in memory, without a limit. One side puts bytes in and closes the queue, the other side takes them out. */
export class ByteQueue {
  readonly #chunks = new ChunkQueue();
  readonly #fetching = new ConflictDetector('another task is already fetching data');
  /** At most one task, and only while there are no bytes. The payload is the most that it takes. */
  readonly #getters = new WaitQueue<Uint8Array | null, number>('bytes in memory');
  #closed = false;

  /**
   * Appends a copy of `data`. A string is encoded as UTF-8.
   *
   * @throws {ClosedResourceError} when the queue is closed.
   * @throws {TypeError} when `data` is neither a string nor a view of bytes.
   */
  put(data: Sendable): void {
    const bytes = toBytes(data, 'putting data into a memory stream');
    if (this.#closed) throw new ClosedResourceError('the memory stream has been closed');
    if (bytes.length === 0) return;
    this.#chunks.push(new Uint8Array(bytes));
    const getter = this.#getters.first;
    if (getter !== undefined) getter.wake(this.#take(getter.payload));
  }

  /** Ends the queue: `get` returns `null` once all bytes have been taken. A task that waits is woken. */
  close(): void {
    this.#closed = true;
    this.#getters.wakeFirst(null);
  }

  /** Ends the queue, and drops its bytes. */
  closeAndWipe(): void {
    this.#chunks.clear();
    this.close();
  }

  /**
   * Waits until there are bytes, and takes up to `maxBytes` of them. A checkpoint.
   *
   * @returns `null` when the queue is closed and empty.
   */
  get(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#fetching.run(() => {
      const most = requireMaxBytes(maxBytes, Infinity);
      const operation = 'getting bytes from a memory stream';
      const cancelled = rejectIfCancelled(operation);
      if (cancelled !== undefined) return cancelled;
      return this.#wouldBlock ? this.#getters.wait(most) : ready(this.#take(most), operation);
    });
  }

  /** `get` without waiting. @throws {WouldBlock} when there are no bytes. */
  getNowait(maxBytes?: number): Uint8Array | null {
    this.#fetching.check();
    const most = requireMaxBytes(maxBytes, Infinity);
    if (this.#wouldBlock) throw new WouldBlock('there are no bytes in the memory stream');
    return this.#take(most);
  }

  get #wouldBlock(): boolean {
    return this.#chunks.size === 0 && !this.#closed;
  }

  #take(most: number): Uint8Array | null {
    // Joined chunks are a Buffer. A test should always receive the same type, so they are converted.
    return this.#chunks.size === 0 ? null : new Uint8Array(this.#chunks.takeJoined(most));
  }
}
