import type { Readable } from 'node:stream';
import { ReceiveBuffer } from '../queues/receive-buffer.ts';
import { describeType } from '../contract/describe-type.ts';
import { toBytes } from '../contract/to-bytes.ts';
import { listen } from './listen.ts';

/** Number of bytes that are read ahead; then the readable is paused. */
const LIMIT = 64 * 1024;

/**
 * The receiving half of a stream of Node.
 *
 * It listens to `'data'` from the beginning and buffers the bytes. `read()` would leave them in Node's stream, and Node drops
 * the output of a child process if nothing listens when that exits. The listeners are removed at the `'close'` of the readable.
 *
 * @example
 * import { PassThrough } from 'node:stream';
 *
 * const readable = new PassThrough();
 * const receiver = new ReadableReceiver(readable, () => 'the upload', 'openUpload()');
 * readable.end('hello');
 * await receiver.receive(); // the bytes of 'hello'
 */
export class ReadableReceiver {
  readonly #readable: Readable;
  readonly #buffer: ReceiveBuffer;
  /** Removes the listeners; defined while there are any. */
  #stopListening: (() => void) | undefined = undefined;

  /**
   * @param describe returns the name of the stream in errors, such as `the connection to 127.0.0.1:80`.
   * @param operation the name of the caller in the errors of this constructor, such as `fromReadable()`.
   * @throws {TypeError} when `readable` is not a readable stream of Node, or is in object mode.
   */
  constructor(readable: Readable, describe: () => string, operation: string) {
    if (typeof readable?.read !== 'function' || typeof readable.on !== 'function') {
      throw new TypeError(`${operation} takes a readable stream of Node, not ${describeType(readable)}`);
    }
    if (readable.readableObjectMode) {
      throw new TypeError(`${operation} takes a stream of bytes, and this one is in object mode`);
    }
    this.#readable = readable;
    this.#buffer = new ReceiveBuffer({ describe, resume: () => void readable.resume() }, LIMIT);
    this.attach();
  }

  /** `receiveSome` of the stream. */
  receive(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#buffer.receive(maxBytes);
  }

  /** Whether no more bytes can come: the stream has ended, or is broken or closed. */
  get isDone(): boolean {
    return this.#buffer.isDone;
  }

  /** Drops the bytes that have come and those that still come. From now on `receive` fails. */
  close(): void {
    this.#buffer.close();
  }

  /** Fails the task that waits in `receive`. The stream is not affected. */
  interrupt(error: unknown): void {
    this.#buffer.interrupt(error);
  }

  /** Whether a task waits in `receive`. */
  get hasReceiver(): boolean {
    return this.#buffer.hasReceiver;
  }

  /** Stops reading, and removes the listeners, until `attach`. Bytes that have been read can still be received. */
  detach(): void {
    if (this.#stopListening === undefined) return;
    this.#stop();
    this.#readable.pause();
  }

  /** Reads again after `detach`. */
  attach(): void {
    const readable = this.#readable;
    const buffer = this.#buffer;
    if (this.#stopListening !== undefined || buffer.isDone) return;
    this.#stopListening = listen(readable, {
      error: (error: unknown) => buffer.fail(error),
      end: () => buffer.end(),
      close: () => {
        this.#stop();
        buffer.fail(readable.errored ?? new Error('it was destroyed before its end'));
      },
      data: (chunk: Uint8Array | string) => this.#push(chunk),
    });
    // The last event of a closed stream comes in the next tick at the latest.
    if (readable.closed) process.nextTick(() => this.#stop());
    if (readable.readableEnded) return buffer.end();
    if (readable.destroyed) return buffer.fail(readable.errored ?? new Error('it has been destroyed'));
    // A listener does not resume a stream that has been paused.
    readable.resume();
  }

  #push(chunk: Uint8Array | string): void {
    const readable = this.#readable;
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk, readable.readableEncoding ?? 'utf8') : toBytes(chunk, 'data');
    if (!this.#buffer.push(bytes)) readable.pause();
  }

  #stop(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}
