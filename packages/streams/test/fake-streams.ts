import { checkpoint } from '@tercet/core';
import { iterateChunks, toBytes } from '../src/lowlevel.ts';
import type { ReceiveStream, Sendable, SendStream } from '../src/index.ts';

/** A stream for sending that records the calls of its methods. */
export class RecordingSendStream implements SendStream {
  readonly record: string[] = [];
  closeError: unknown = undefined;

  async sendAll(data: Sendable): Promise<void> {
    this.record.push(`sendAll ${Buffer.from(toBytes(data, 'sendAll()')).toString()}`);
    await checkpoint();
  }

  async waitSendAllMightNotBlock(): Promise<void> {
    this.record.push('waitSendAllMightNotBlock');
    await checkpoint();
  }

  async close(): Promise<void> {
    this.record.push('close');
    if (this.closeError !== undefined) throw this.closeError;
    await checkpoint();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A stream that returns the chunks it was made with, and records the calls of its methods. */
export class RecordingReceiveStream implements ReceiveStream {
  readonly record: string[] = [];
  readonly #chunks: (Uint8Array | string)[];
  closeError: unknown = undefined;

  constructor(chunks: Iterable<Uint8Array | string> = []) {
    this.#chunks = [...chunks];
  }

  async receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    this.record.push(`receiveSome ${maxBytes}`);
    await checkpoint();
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return null;
    const bytes = toBytes(chunk, 'chunk');
    if (maxBytes === undefined || bytes.length <= maxBytes) return bytes;
    this.#chunks.unshift(bytes.subarray(maxBytes));
    return bytes.subarray(0, maxBytes);
  }

  async close(): Promise<void> {
    this.record.push('close');
    if (this.closeError !== undefined) throw this.closeError;
    await checkpoint();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return iterateChunks(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
