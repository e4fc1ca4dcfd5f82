import type { Readable } from 'node:stream';
import { ReceiveBuffer } from '../building/receive-buffer.ts';
import { describeType } from '../building/describe-type.ts';
import { toBytes } from '../building/to-bytes.ts';

const LIMIT = 64 * 1024;

/**
 * The receiving half of a stream of Node.
 *
 * It listens to `'data'` from the beginning, with a buffer of its own: the output of a child process is thrown away by
 * Node when nobody has been listening at its exit, and what `read()` leaves inside of Node's stream is not ours to keep.
 */
export class ReadableReceiver {
  readonly #readable: Readable;
  readonly #buffer: ReceiveBuffer;

  constructor(readable: Readable, describe: () => string, operation: string) {
    if (typeof readable?.read !== 'function' || typeof readable.on !== 'function') {
      throw new TypeError(`${operation} takes a readable stream of Node, not ${describeType(readable)}`);
    }
    if (readable.readableObjectMode) {
      throw new TypeError(`${operation} takes a stream of bytes, and this one is in object mode`);
    }
    this.#readable = readable;
    this.#buffer = new ReceiveBuffer({ describe, resume: () => void readable.resume() }, LIMIT);
    this.#listen();
  }

  receive(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#buffer.receive(maxBytes);
  }

  /** Whether nothing can come any more. */
  get isDone(): boolean {
    return this.#buffer.isDone;
  }

  /** No more is received from now on, and what comes is thrown away. */
  close(): void {
    this.#buffer.close();
  }

  #listen(): void {
    const readable = this.#readable;
    const buffer = this.#buffer;
    readable.on('error', (error) => buffer.fail(error));
    readable.on('end', () => buffer.end());
    readable.on('close', () => buffer.fail(readable.errored ?? new Error('it was destroyed before its end')));
    if (readable.readableEnded) return buffer.end();
    if (readable.destroyed) return buffer.fail(readable.errored ?? new Error('it has been destroyed'));
    readable.on('data', (chunk: Uint8Array | string) => {
      const bytes =
        typeof chunk === 'string' ? Buffer.from(chunk, readable.readableEncoding ?? 'utf8') : toBytes(chunk, 'data');
      if (!buffer.push(bytes)) readable.pause();
    });
    // It may have been paused before, and then a listener does not make it flow.
    readable.resume();
  }
}
