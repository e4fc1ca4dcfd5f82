import { checkpoint } from '@tercet/core';
import type { Sendable, SendStream } from '@tercet/streams';
import { LineSplitter } from './line-splitter.ts';

/** Where a job's output is kept. */
export interface Log {
  write(bytes: Uint8Array): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * Where the processes of a job write to: a stream that passes everything on to the log, byte for byte, and to whoever is
 * looking, line by line. Whoever writes waits for the disk, so a job cannot write faster than its log.
 */
export class JobOutput implements SendStream {
  readonly #log: Log;
  readonly #show: (line: string) => void;
  readonly #lines = new LineSplitter();

  /** @param log is closed together with the output. */
  constructor(log: Log, show: (line: string) => void) {
    this.#log = log;
    this.#show = show;
  }

  async sendAll(data: Sendable): Promise<void> {
    const bytes =
      typeof data === 'string' ? Buffer.from(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    await this.#log.write(bytes);
    this.#lines.push(bytes).forEach(this.#show);
  }

  waitSendAllMightNotBlock(): Promise<void> {
    return checkpoint();
  }

  /** Something that jobd has to say, for the log only. */
  async note(text: string): Promise<void> {
    await this.#log.write(Buffer.from(`--- ${text}\n`));
  }

  async close(): Promise<void> {
    this.#lines.end().forEach(this.#show);
    await this.#log.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
