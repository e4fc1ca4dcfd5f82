import { BrokenResourceError, checkpoint, ClosedResourceError } from '@tercet/core';
import { ParkingLot } from '@tercet/core/lowlevel';
import { ChunkQueue, ConflictDetector, requireMaxBytes, toBytes } from '@tercet/streams/lowlevel';
import type { Sendable } from '@tercet/streams';

/**
 * Connects a lockstep sender with its receiver, also called a rendezvous. It holds the bytes of the `sendAll` in progress that
 * have not been received, and nothing else. Each change wakes all tasks that wait, and each of them checks its condition again.
 */
export class LockstepByteQueue {
  /** The bytes of the `sendAll` in progress that have not been received; empty when there is none. */
  readonly #chunks = new ChunkQueue();
  #senderClosed = false;
  #receiverClosed = false;
  /** True while a `receiveSome` waits for bytes. */
  #receiverWaiting = false;
  readonly #waiters = new ParkingLot('the other end of a lockstep stream');
  readonly #sending = new ConflictDetector('another task is already sending');
  readonly #receiving = new ConflictDetector('another task is already receiving');

  sendAll(data: Sendable): Promise<void> {
    return this.#sending.run(async () => {
      const bytes = new Uint8Array(toBytes(data, 'sendAll()'));
      this.#throwIfSenderClosed();
      this.#throwIfReceiverGone();
      await checkpoint();
      this.#throwIfSenderClosed();
      this.#throwIfReceiverGone();
      this.#chunks.push(bytes);
      this.#somethingHappened();
      try {
        await this.#waitFor(() => this.#chunks.size === 0);
        this.#throwIfSenderClosed();
        if (this.#chunks.size > 0) this.#throwIfReceiverGone();
      } finally {
        // The rest of a sendAll that was cancelled must not be received.
        this.#chunks.clear();
      }
    });
  }

  waitSendAllMightNotBlock(): Promise<void> {
    return this.#sending.run(async () => {
      this.#throwIfSenderClosed();
      await checkpoint();
      await this.#waitFor(() => this.#receiverWaiting);
      this.#throwIfSenderClosed();
    });
  }

  sendEof(): Promise<void> {
    return this.#sending.run(async () => {
      await checkpoint();
      this.closeSender();
    });
  }

  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#receiving.run(async () => {
      const most = requireMaxBytes(maxBytes, Infinity);
      this.#throwIfReceiverClosed();
      await checkpoint();
      this.#receiverWaiting = true;
      this.#somethingHappened();
      try {
        await this.#waitFor(() => this.#chunks.size > 0);
      } finally {
        this.#receiverWaiting = false;
      }
      this.#throwIfReceiverClosed();
      if (this.#chunks.size === 0) return null;
      const received = this.#chunks.take(most);
      this.#somethingHappened();
      return received;
    });
  }

  /** Closes the sending side. Bytes of a `sendAll` in progress that have not been received are lost. */
  closeSender(): void {
    this.#senderClosed = true;
    this.#chunks.clear();
    this.#somethingHappened();
  }

  closeReceiver(): void {
    this.#receiverClosed = true;
    this.#somethingHappened();
  }

  #somethingHappened(): void {
    this.#waiters.unparkAll();
  }

  // Every wait also ends when a side is closed, because both sides react to that.
  async #waitFor(isSo: () => boolean): Promise<void> {
    while (!isSo() && !this.#senderClosed && !this.#receiverClosed) await this.#waiters.park();
  }

  #throwIfReceiverGone(): void {
    if (this.#receiverClosed) throw new BrokenResourceError('the receiver of the lockstep stream has been closed');
  }

  #throwIfSenderClosed(): void {
    if (this.#senderClosed) throw new ClosedResourceError('the stream has been closed for sending');
  }

  #throwIfReceiverClosed(): void {
    if (this.#receiverClosed) throw new ClosedResourceError('the stream has been closed');
  }
}
