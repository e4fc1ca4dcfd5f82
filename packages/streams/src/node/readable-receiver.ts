import type { Readable } from 'node:stream';
import { ReceiveBuffer } from '../queues/receive-buffer.ts';
import { describeType } from '../contract/describe-type.ts';
import { toBytes } from '../contract/to-bytes.ts';
import { listen } from './listen.ts';

const LIMIT = 64 * 1024;

/**
 * The receiving half of a stream of Node.
 *
 * It listens to `'data'` from the beginning, with a buffer of its own: the output of a child process is thrown away by
 * Node when nobody has been listening at its exit, and what `read()` leaves inside of Node's stream is not ours to keep.
 * With the `'close'` of the stream its listeners are gone.
 */
export class ReadableReceiver {
  readonly #readable: Readable;
  readonly #buffer: ReceiveBuffer;
  #stopListening: (() => void) | undefined = undefined;

  /** @throws {TypeError} when it is not a readable stream of Node, or one in object mode. */
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

  /** Whether nothing can come any more. */
  get isDone(): boolean {
    return this.#buffer.isDone;
  }

  /** No more is received from now on, and what comes is thrown away. */
  close(): void {
    this.#buffer.close();
  }

  /** Fails the task that waits in `receive`; the stream goes on. */
  interrupt(error: unknown): void {
    this.#buffer.interrupt(error);
  }

  /** Whether a task waits in `receive`. */
  get hasReceiver(): boolean {
    return this.#buffer.hasReceiver;
  }

  /** Stops reading, and listens no more, until `attach`. What has been read can still be received. */
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
    // What it still has to report comes in the next tick at the latest.
    if (readable.closed) process.nextTick(() => this.#stop());
    if (readable.readableEnded) return buffer.end();
    if (readable.destroyed) return buffer.fail(readable.errored ?? new Error('it has been destroyed'));
    // It may have been paused before, and then a listener does not make it flow.
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
