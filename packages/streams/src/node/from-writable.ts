import { Socket } from 'node:net';
import { checkpoint } from '@tercet/core';
import { inspectAs, rejectIfCancelled } from '@tercet/core/lowlevel';
import type { Writable } from 'node:stream';
import { closesAtOnce } from '../contract/close-forcefully.ts';
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
 * waits until that has finished. Closing it forcefully destroys the writable, and does not end it before: its reader must not
 * take a part for the whole.
 *
 * @throws {TypeError} when `writable` is not a writable stream of Node, or is in object mode.
 * @example
 * import { createWriteStream } from 'node:fs';
 *
 * const log = fromWritable(createWriteStream('log.txt'));
 * await log.sendAll('begin\n');
 */
export function fromWritable(writable: Writable): SendStream {
  return new WritableSendStream(writable, () => undefined);
}

/** Like `fromWritable`, for a writable that has to be destroyed with a reason. */
export function fromWritableThatAborts(writable: Writable): SendStream {
  return new WritableSendStream(writable, () => new Error('it was closed before its end'));
}

class WritableSendStream implements SendStream {
  static {
    closesAtOnce<WritableSendStream>(this, (stream) => stream.#closeNow());
    inspectAs(this, () => 'SendStream of a writable stream of Node');
  }

  readonly #writable: Writable;
  readonly #sender: WritableSender;
  readonly #whyDestroyed: () => Error | undefined;
  #closed = false;

  constructor(writable: Writable, whyDestroyed: () => Error | undefined) {
    this.#whyDestroyed = whyDestroyed;
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
    const cancelled = rejectIfCancelled('close()');
    if (!graceful || cancelled !== undefined) {
      this.#destroy();
      return cancelled ?? checkpoint();
    }
    this.#writable.end();
    try {
      await untilFinished(this.#writable, 'writable');
    } catch (error) {
      this.#destroy();
      if (isCancelledHere(error)) throw error;
      throw brokenError('close()', 'the stream', error);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #closeNow(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sender.close();
    this.#destroy();
  }

  #destroy(): void {
    this.#writable.destroy(this.#whyDestroyed());
  }
}
