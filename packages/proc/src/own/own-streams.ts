import { BrokenResourceError, ClosedResourceError, checkpoint } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import { fromReadable, fromWritable } from '@tercet/streams';
import type { ReceiveStream, Sendable, SendStream } from '@tercet/streams';

/**
 * What this program reads. It begins to read at once, so that a process which inherits it gets nothing of that any more.
 *
 * Until it is closed, or has come to its end, it keeps the process alive.
 *
 * @example
 * await using input = openStdin();
 * for await (const chunk of input) count += chunk.length;
 */
export function openStdin(): ReceiveStream {
  return fromReadable(process.stdin);
}

/**
 * This program's standard output. `sendAll` waits until the bytes have been written: back-pressure, which `console.log`
 * does not have. Closing it does not close the output itself, which other code may use as well.
 */
export function openStdout(): SendStream {
  return new OwnSendStream(process.stdout, 'stdout');
}

/** The same for standard error. */
export function openStderr(): SendStream {
  return new OwnSendStream(process.stderr, 'stderr');
}

class OwnSendStream implements SendStream {
  static {
    inspectAs(this, (stream) => `SendStream of this program's ${stream.#name}`);
  }

  readonly #name: string;
  readonly #stream: SendStream;
  #closed = false;

  constructor(target: NodeJS.WriteStream, name: string) {
    this.#name = name;
    this.#stream = fromWritable(target);
  }

  sendAll(data: Sendable): Promise<void> {
    return this.#closed ? this.#refuse('sendAll()') : this.#stream.sendAll(data);
  }

  waitSendAllMightNotBlock(): Promise<void> {
    return this.#closed ? this.#refuse('waitSendAllMightNotBlock()') : this.#stream.waitSendAllMightNotBlock();
  }

  async close(): Promise<void> {
    if (this.#closed) return await checkpoint();
    this.#closed = true;
    try {
      await this.#stream.waitSendAllMightNotBlock();
    } catch (error) {
      if (!(error instanceof BrokenResourceError)) throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #refuse(operation: string): Promise<never> {
    return Promise.reject(new ClosedResourceError(`${operation}: this stream to ${this.#name} is closed`));
  }
}
