import { Socket } from 'node:net';
import { checkpoint } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import type { Writable } from 'node:stream';
import { isCancelledHere } from '../contract/is-cancelled-here.ts';
import { brokenError } from '../contract/stream-errors.ts';
import type { Sendable, SendStream } from '../interfaces/send-stream.ts';
import { untilFinished } from './finish.ts';
import { WritableSender } from './writable-sender.ts';

/**
 * Makes a `SendStream` of a writable stream of Node, which from then on belongs to it.
 *
 * `sendAll` waits until the writable has written the bytes, not only until it has buffered them. A write of Node cannot be
 * withdrawn, so the stream is broken after a `sendAll` that was cancelled while it waited. `close` ends the writable and
 * waits until that has finished. Closing it forcefully destroys the writable.
 *
 * @throws {TypeError} when `writable` is not a writable stream of Node, or is in object mode.
 * @example
 * import { createWriteStream } from 'node:fs';
 *
 * const log = fromWritable(createWriteStream('log.txt'));
 * await log.sendAll('begin\n');
 */
export function fromWritable(writable: Writable): SendStream {
  return new WritableSendStream(writable);
}

class WritableSendStream implements SendStream {
  static {
    inspectAs(this, () => 'SendStream of a writable stream of Node');
  }

  readonly #writable: Writable;
  readonly #sender: WritableSender;
  #closed = false;

  constructor(writable: Writable) {
    this.#sender = new WritableSender(writable, () => 'the stream', 'fromWritable()', {
      // So is the input of a child process.
      isSocket: writable instanceof Socket,
    });
    this.#writable = writable;
  }

  sendAll(data: Sendable): Promise<void> {
    return this.#sender.sendAll(data);
  }

  waitSendAllMightNotBlock(): Promise<void> {
    return this.#sender.waitSendAllMightNotBlock();
  }

  /** @throws {BrokenResourceError} when the last bytes cannot be written. */
  async close(): Promise<void> {
    if (this.#closed) return checkpoint();
    this.#closed = true;
    const graceful = this.#sender.isIntact;
    this.#sender.close();
    if (!graceful) {
      this.#writable.destroy();
      return checkpoint();
    }
    this.#writable.end();
    try {
      await untilFinished(this.#writable, 'writable');
    } catch (error) {
      this.#writable.destroy();
      if (isCancelledHere(error)) throw error;
      throw brokenError('close()', 'the stream', error);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
