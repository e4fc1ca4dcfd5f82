import { checkpoint } from '@tercet/core';
import type { Sendable, SendStream } from '@tercet/streams';
import { LineSplitter } from '@tercet/streams/lowlevel';

/** Longer lines are shown in pieces, because a program may write gigabytes without a line end. In bytes. */
const longestLine = 8 * 1024;

/** Where a job's output is kept. */
export interface Log {
  write(bytes: Uint8Array): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * The output of a job's processes: a stream that passes on everything, byte for byte to the log, and line by line to the
 * display. Sending waits for the disk, so a job cannot write faster than its log.
 */
export class JobOutput implements SendStream {
  readonly #log: Log;
  readonly #show: (line: string) => void;
  readonly #lines = new LineSplitter({ maxBytes: longestLine, longLines: 'cut' });

  /** @param log is closed together with the output. */
  constructor(log: Log, show: (line: string) => void) {
    this.#log = log;
    this.#show = show;
  }

  async sendAll(data: Sendable): Promise<void> {
    const bytes =
      typeof data === 'string' ? Buffer.from(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    await this.#log.write(bytes);
    for (const line of this.#lines.push(bytes)) this.#show(line);
  }

  waitSendAllMightNotBlock(): Promise<void> {
    return checkpoint();
  }

  /** Adds a note of jobd to the log. */
  async note(text: string): Promise<void> {
    await this.#log.write(Buffer.from(`--- ${text}\n`));
  }

  async close(): Promise<void> {
    for (const line of this.#lines.end()) this.#show(line);
    await this.#log.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
