import { ExceptionGroup, isCancelled } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import { iterateChunks } from '../contract/iterate-chunks.ts';
import type { ReceiveStream } from '../interfaces/receive-stream.ts';
import type { Sendable, SendStream } from '../interfaces/send-stream.ts';
import type { HalfCloseableStream } from '../interfaces/stream.ts';

/**
 * Two streams of one direction each, held together: the standard input and output of a child process, for instance.
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

  /** The `sendEof` of the sending half, or, when it has none, its `close`. */
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
   * Closes both halves, the second one also when closing the first one fails. A checkpoint.
   *
   * @throws {ExceptionGroup} with both errors when both halves fail; the error itself when only one does.
   */
  async close(): Promise<void> {
    try {
      await this.sendStream.close();
    } catch (first) {
      try {
        await this.receiveStream.close();
      } catch (second) {
        // Under cancellation both throw it, and once is enough.
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
