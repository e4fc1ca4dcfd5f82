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
 * `sendAll` waits until the stream has written the bytes, not only until it has taken them. Node cannot take a write
 * back: a `sendAll` that is cancelled while it waits leaves the stream broken. Closing ends the stream and waits until it
 * has finished; closing it forcefully destroys it.
 *
 * @throws {TypeError} when it is not a writable stream of Node, or one in object mode.
 * @example
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
    this.#sender = new WritableSender(writable, () => 'the stream', 'fromWritable()');
    this.#writable = writable;
  }

  sendAll(data: Sendable): Promise<void> {
    return this.#sender.sendAll(data);
  }

  waitSendAllMightNotBlock(): Promise<void> {
    return this.#sender.waitSendAllMightNotBlock();
  }

  /** @throws {BrokenResourceError} when it turns out only now that not everything could be written. */
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
