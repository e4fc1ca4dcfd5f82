import { ClosedResourceError, WouldBlock } from '@tercet/core';
import { ready, rejectIfCancelled, WaitQueue } from '@tercet/core/lowlevel';
import { ChunkQueue, ConflictDetector, requireMaxBytes, toBytes } from '@tercet/streams/lowlevel';
import type { Sendable } from '@tercet/streams';

/** Bytes in memory, without a limit, that one side puts in and the other takes out, until the first one closes it. */
export class ByteQueue {
  readonly #chunks = new ChunkQueue();
  readonly #fetching = new ConflictDetector('another task is already fetching data');
  // At most one, and only while there are no bytes; the payload is how many it takes.
  readonly #getters = new WaitQueue<Uint8Array | null, number>('bytes in memory');
  #closed = false;

  /**
   * Appends a copy of `data`; a string as UTF-8.
   *
   * @throws {ClosedResourceError} when the queue is closed. @throws {TypeError} when `data` is something else.
   */
  put(data: Sendable): void {
    const bytes = toBytes(data, 'putting data into a memory stream');
    if (this.#closed) throw new ClosedResourceError('the memory stream has been closed');
    if (bytes.length === 0) return;
    this.#chunks.push(new Uint8Array(bytes));
    const getter = this.#getters.first;
    if (getter !== undefined) getter.wake(this.#take(getter.payload));
  }

  /** Ends it: when all bytes have been taken, the answer is `null`. Who waits is woken. */
  close(): void {
    this.#closed = true;
    this.#getters.wakeFirst(null);
  }

  /** Ends it, and throws away what is in it. */
  closeAndWipe(): void {
    this.#chunks.clear();
    this.close();
  }

  /**
   * Takes out what there is, up to `maxBytes`, and waits for it. A checkpoint.
   *
   * @returns `null` when it is closed and empty.
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

  /** `get` without waiting. @throws {WouldBlock} when there is nothing. */
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
    // Not a Buffer, which chunks that were joined are: what a test receives should look the same however it was sent.
    return this.#chunks.size === 0 ? null : new Uint8Array(this.#chunks.takeJoined(most));
  }
}
