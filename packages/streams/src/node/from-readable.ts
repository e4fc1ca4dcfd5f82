import { checkpoint } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import type { Readable } from 'node:stream';
import { iterateChunks } from '../contract/iterate-chunks.ts';
import type { ReceiveStream } from '../interfaces/receive-stream.ts';
import { ReadableReceiver } from './readable-receiver.ts';

/**
 * Makes a `ReceiveStream` of a readable stream of Node, which from then on belongs to it. It begins to read at once, up to
 * 64 KiB ahead of the task that receives.
 *
 * `close` destroys the readable. If the readable fails, or other code destroys it before its end, `receiveSome` returns the
 * bytes that came before, and then throws a `BrokenResourceError`.
 *
 * @throws {TypeError} when `readable` is not a readable stream of Node, or is in object mode.
 * @example
 * for await (const chunk of fromReadable(process.stdin)) count += chunk.length;
 */
export function fromReadable(readable: Readable): ReceiveStream {
  return new ReadableReceiveStream(readable);
}

class ReadableReceiveStream implements ReceiveStream {
  static {
    inspectAs(this, () => 'ReceiveStream of a readable stream of Node');
  }

  readonly #readable: Readable;
  readonly #receiver: ReadableReceiver;

  constructor(readable: Readable) {
    this.#receiver = new ReadableReceiver(readable, () => 'the stream', 'fromReadable()');
    this.#readable = readable;
  }

  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#receiver.receive(maxBytes);
  }

  close(): Promise<void> {
    this.#receiver.close();
    this.#readable.destroy();
    return checkpoint();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return iterateChunks(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
