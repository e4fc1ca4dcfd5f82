import { checkpoint } from '@tercet/core';
import { checkpointIfCancelled, inspectAs } from '@tercet/core/lowlevel';
import type { Duplex } from 'node:stream';
import { isCancelledHere } from '../contract/is-cancelled-here.ts';
import { iterateChunks } from '../contract/iterate-chunks.ts';
import { brokenError } from '../contract/stream-errors.ts';
import type { Sendable } from '../interfaces/send-stream.ts';
import type { HalfCloseableStream } from '../interfaces/stream.ts';
import { untilFinished } from './finish.ts';
import { ReadableReceiver } from './readable-receiver.ts';
import { WritableSender } from './writable-sender.ts';

/**
 * Makes a stream of a duplex stream of Node, which from then on belongs to it. See `fromReadable` and `fromWritable` for the
 * two directions.
 *
 * `close` ends the sending direction, waits until that has finished, and destroys the duplex. Closing it forcefully destroys
 * the duplex at once, without an end. A duplex made with `allowHalfOpen: false` ends its sending direction when the peer ends the other one.
 *
 * @throws {TypeError} when `duplex` is not a duplex stream of Node, or is in object mode.
 * @example
 * import { PassThrough } from 'node:stream';
 *
 * await using stream = fromDuplex(new PassThrough()); // gives back what it gets
 * await stream.sendAll('hello\n');
 * const answer = await stream.receiveSome();
 */
export function fromDuplex(duplex: Duplex): HalfCloseableStream {
  return new DuplexStream(duplex);
}

class DuplexStream implements HalfCloseableStream {
  static {
    inspectAs(this, () => 'Stream of a duplex stream of Node');
  }

  readonly #duplex: Duplex;
  readonly #receiver: ReadableReceiver;
  readonly #sender: WritableSender;
  #closed = false;

  constructor(duplex: Duplex) {
    const describe = (): string => 'the stream';
    this.#sender = new WritableSender(duplex, describe, 'fromDuplex()');
    this.#receiver = new ReadableReceiver(duplex, describe, 'fromDuplex()');
    this.#duplex = duplex;
  }

  sendAll(data: Sendable): Promise<void> {
    return this.#sender.sendAll(data);
  }

  waitSendAllMightNotBlock(): Promise<void> {
    return this.#sender.waitSendAllMightNotBlock();
  }

  sendEof(): Promise<void> {
    return this.#sender.sendEof();
  }

  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#receiver.receive(maxBytes);
  }

  /** @throws {BrokenResourceError} when the last bytes cannot be written. */
  async close(): Promise<void> {
    if (this.#closed) return checkpoint();
    this.#closed = true;
    const graceful = this.#sender.isIntact;
    this.#sender.close();
    this.#receiver.close();
    try {
      if (!graceful || this.#sender.isFinished) return await checkpoint();
      await checkpointIfCancelled();
      this.#duplex.end();
      await untilFinished(this.#duplex, 'writable');
    } catch (error) {
      if (isCancelledHere(error)) throw error;
      throw brokenError('close()', 'the stream', error);
    } finally {
      this.#duplex.destroy();
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return iterateChunks(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
