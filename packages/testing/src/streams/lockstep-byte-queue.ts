import { BrokenResourceError, checkpoint, ClosedResourceError } from '@tercet/core';
import { ParkingLot } from '@tercet/core/lowlevel';
import { ChunkQueue, ConflictDetector, requireMaxBytes, toBytes } from '@tercet/streams/lowlevel';
import type { Sendable } from '@tercet/streams';

/**
 * What is between a lockstep sender and its receiver: the rest of what the one `sendAll` in progress sends, and nothing
 * else. Whoever changes something wakes everybody, and everybody looks again at what he waits for.
 */
export class LockstepByteQueue {
  readonly #chunks = new ChunkQueue();
  #senderClosed = false;
  #receiverClosed = false;
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
        // Nobody shall receive the rest of what was cancelled.
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

  /** What a `sendAll` in progress has not delivered yet is lost. */
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

  // A closed end ends every wait, because everybody reacts to that.
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
