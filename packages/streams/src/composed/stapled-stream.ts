import { ExceptionGroup, isCancelled } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import { iterateChunks } from '../contract/iterate-chunks.ts';
import type { ReceiveStream } from '../interfaces/receive-stream.ts';
import type { Sendable, SendStream } from '../interfaces/send-stream.ts';
import type { HalfCloseableStream } from '../interfaces/stream.ts';

/**
 * Joins a stream that sends and a stream that receives into one: the standard input and output of a process, for instance.
 *
 * @example
 * const stream = new StapledStream(child.stdin, child.stdout);
 */
export class StapledStream<
  S extends SendStream = SendStream,
  R extends ReceiveStream = ReceiveStream,
> implements HalfCloseableStream {
  static {
    inspectAs(this, () => 'StapledStream');
  }

  /** The half that sends. */
  readonly sendStream: S;
  /** The half that receives. */
  readonly receiveStream: R;

  constructor(sendStream: S, receiveStream: R) {
    this.sendStream = sendStream;
    this.receiveStream = receiveStream;
  }

  /** The `sendAll` of the sending half. */
  sendAll(data: Sendable): Promise<void> {
    return this.sendStream.sendAll(data);
  }

  /** The `waitSendAllMightNotBlock` of the sending half. */
  waitSendAllMightNotBlock(): Promise<void> {
    return this.sendStream.waitSendAllMightNotBlock();
  }

  /** The `sendEof` of the sending half, or its `close` when it has no `sendEof`. */
  sendEof(): Promise<void> {
    const { sendStream } = this as { sendStream: SendStream & { sendEof?: () => Promise<void> } };
    return typeof sendStream.sendEof === 'function' ? sendStream.sendEof() : sendStream.close();
  }

  /** The `receiveSome` of the receiving half. */
  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    return this.receiveStream.receiveSome(maxBytes);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return iterateChunks(this);
  }

  /**
   * Closes both halves, the second even when closing the first fails. A checkpoint.
   *
   * @throws {ExceptionGroup} with both errors when both halves fail. When only one fails, its error is thrown as it is.
   */
  async close(): Promise<void> {
    try {
      await this.sendStream.close();
    } catch (first) {
      try {
        await this.receiveStream.close();
      } catch (second) {
        // In a cancelled scope both throw Cancelled, and one of them is enough.
        if (isCancelled(first) && isCancelled(second)) throw first;
        throw new ExceptionGroup('errors of closing the two halves of a StapledStream', [first, second]);
      }
      throw first;
    }
    await this.receiveStream.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
