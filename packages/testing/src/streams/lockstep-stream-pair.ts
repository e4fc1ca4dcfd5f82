import { checkpoint } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import { StapledStream } from '@tercet/streams';
import { iterateChunks } from '@tercet/streams/lowlevel';
import type { HalfCloseableStream, ReceiveStream, Sendable, SendStream } from '@tercet/streams';
import { LockstepByteQueue } from './lockstep-byte-queue.ts';

/**
 * Makes two connected streams without a buffer in between, also called a rendezvous. `sendAll` on the first waits until the last
 * byte has been received from the second, and `waitSendAllMightNotBlock` waits until a task receives. Code that relies on a
 * buffer in the transport deadlocks here, which the test notices. {@link memoryStreamOneWayPair} is the opposite.
 *
 * @example
 * const [sender, receiver] = lockstepStreamOneWayPair();
 * await all([() => sender.sendAll('hello'), () => receiver.receiveSome()]);
 */
export function lockstepStreamOneWayPair(): [SendStream, ReceiveStream] {
  const queue = new LockstepByteQueue();
  return [new LockstepSendStream(queue), new LockstepReceiveStream(queue)];
}

/**
 * Makes two streams that are connected in both directions, each like {@link lockstepStreamOneWayPair}.
 *
 * @example
 * const [client, server] = lockstepStreamPair();
 * await all([() => client.sendAll('hello'), () => server.receiveSome()]);
 */
export function lockstepStreamPair(): [HalfCloseableStream, HalfCloseableStream] {
  const [firstSender, secondReceiver] = lockstepStreamOneWayPair();
  const [secondSender, firstReceiver] = lockstepStreamOneWayPair();
  return [new StapledStream(firstSender, firstReceiver), new StapledStream(secondSender, secondReceiver)];
}

class LockstepSendStream implements SendStream {
  static {
    inspectAs(this, () => 'LockstepSendStream');
  }

  readonly #queue: LockstepByteQueue;

  constructor(queue: LockstepByteQueue) {
    this.#queue = queue;
  }

  sendAll(data: Sendable): Promise<void> {
    return this.#queue.sendAll(data);
  }

  waitSendAllMightNotBlock(): Promise<void> {
    return this.#queue.waitSendAllMightNotBlock();
  }

  /** The `sendEof` of the stapled pair. Unlike `close`, it does not interrupt another task that is sending. */
  sendEof(): Promise<void> {
    return this.#queue.sendEof();
  }

  close(): Promise<void> {
    this.#queue.closeSender();
    return checkpoint();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

class LockstepReceiveStream implements ReceiveStream {
  static {
    inspectAs(this, () => 'LockstepReceiveStream');
  }

  readonly #queue: LockstepByteQueue;

  constructor(queue: LockstepByteQueue) {
    this.#queue = queue;
  }

  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#queue.receiveSome(maxBytes);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return iterateChunks(this);
  }

  close(): Promise<void> {
    this.#queue.closeReceiver();
    return checkpoint();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
