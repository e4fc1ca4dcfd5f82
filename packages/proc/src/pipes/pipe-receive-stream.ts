import { checkpoint } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import { ReceiveBuffer, iterateChunks } from '@tercet/streams';
import type { ReceiveStream } from '@tercet/streams';
import type { Socket } from 'node:net';
import { PipeReader } from './pipe-reader.ts';
import type { PipeSink } from './pipe-reader.ts';

const READ_AHEAD = 64 * 1024;

/** What a process writes, as a stream. Reads up to 64 KiB ahead, and all that is left when the process has ended. */
export class PipeReceiveStream implements ReceiveStream {
  static {
    inspectAs(this, (stream) => `ReceiveStream of ${stream.#name}`);
  }

  readonly reader: PipeReader;
  readonly #name: string;
  readonly #buffer: ReceiveBuffer;

  /** @param others who else gets the bytes. */
  constructor(pipe: Socket, name: string, others: readonly PipeSink[] = []) {
    this.#name = name;
    this.#buffer = new ReceiveBuffer({ describe: () => name, resume: () => this.reader.resume() }, READ_AHEAD);
    this.reader = new PipeReader(pipe, [...others, this.#buffer]);
  }

  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#buffer.receive(maxBytes);
  }

  close(): Promise<void> {
    this.#buffer.close();
    this.reader.close();
    return checkpoint();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return iterateChunks(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
