import type { Readable } from 'node:stream';
import { WaitQueue } from '@tercet/core/lowlevel';

/**
 * Collects all that comes out of a pipe. It reads from the moment in which the process has been started: what nobody
 * reads by the time the process ends, Node throws away.
 */
export class Capture {
  readonly #chunks: Uint8Array[] = [];
  readonly #ended = new WaitQueue<void>('end of captured output');
  #hasEnded = false;

  constructor(source: Readable) {
    source.on('data', (chunk: Uint8Array) => this.#chunks.push(chunk));
    // An error is an end too: the process has written all that it ever will.
    source.on('error', () => undefined);
    source.on('close', () => {
      this.#hasEnded = true;
      while (this.#ended.wakeFirst());
    });
  }

  /** Waits until everybody who holds the other end has closed it. */
  async end(): Promise<void> {
    if (!this.#hasEnded) await this.#ended.wait(undefined);
  }

  /** All that has come until now. */
  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}
