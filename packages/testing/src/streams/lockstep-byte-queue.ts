import { BrokenResourceError, checkpoint, ClosedResourceError } from '@tercet/core';
import { ParkingLot } from '@tercet/core/lowlevel';
import { ConflictDetector, requireMaxBytes, toBytes } from '@tercet/streams';
import type { Sendable } from '@tercet/streams';
import { takeBytes } from './take-bytes.ts';

/**
 * What is between a lockstep sender and its receiver: the rest of what the one `sendAll` in progress sends, and nothing
 * else. Whoever changes something wakes everybody, and everybody looks again at what he waits for.
 */
export class LockstepByteQueue {
  #chunks: Uint8Array[] = [];
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
      if (bytes.length > 0) this.#chunks = [bytes];
      this.#somethingHappened();
      try {
        await this.#waitFor(() => this.#chunks.length === 0);
        this.#throwIfSenderClosed();
        if (this.#chunks.length > 0) this.#throwIfReceiverGone();
      } finally {
        // Nobody shall receive the rest of what was cancelled.
        this.#chunks = [];
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
        await this.#waitFor(() => this.#chunks.length > 0);
      } finally {
        this.#receiverWaiting = false;
      }
      this.#throwIfReceiverClosed();
      if (this.#chunks.length === 0) return null;
      const received = takeBytes(this.#chunks, most);
      this.#somethingHappened();
      return received;
    });
  }

  /** What a `sendAll` in progress has not delivered yet is lost. */
  closeSender(): void {
    this.#senderClosed = true;
    this.#chunks = [];
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
