import { checkpoint } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import { ReceiveBuffer, iterateChunks } from '@tercet/streams/lowlevel';
import type { ReceiveStream } from '@tercet/streams';
import type { Socket } from 'node:net';
import { PipeReader } from './pipe-reader.ts';
import type { PipeSink } from './pipe-reader.ts';

/** Reading stops when this many bytes are waiting to be received. */
const READ_AHEAD = 128 * 1024;

/** Makes a stream that reads a pipe. @param others sinks that get the bytes as well. */
export let openPipeStream: (pipe: Socket, name: string, others?: readonly PipeSink[]) => PipeReceiveStream;

/** The reader behind a stream. */
export let readerOf: (stream: PipeReceiveStream) => PipeReader;

/**
 * The output of a process as a stream. Reads up to 128 KiB ahead, and the rest of the pipe when the process has ended.
 *
 * @example
 * await openNursery(async (nursery) => {
 *   const child = await nursery.start<Process>((taskStatus) =>
 *     runProcess(process.execPath, ['--version'], { stdout: 'pipe', taskStatus }),
 *   );
 *   const output: PipeReceiveStream = child.stdout!;
 *   for await (const chunk of output) console.log(chunk.length);
 * });
 */
export class PipeReceiveStream implements ReceiveStream {
  static {
    openPipeStream = (pipe, name, others = []) => new PipeReceiveStream(pipe, name, others);
    readerOf = (stream) => stream.#reader;
    inspectAs(this, (stream) => `ReceiveStream of ${stream.#name}`);
  }

  readonly #reader: PipeReader;
  readonly #name: string;
  readonly #buffer: ReceiveBuffer;

  private constructor(pipe: Socket, name: string, others: readonly PipeSink[]) {
    this.#name = name;
    const buffer = new ReceiveBuffer({ describe: () => name, resume: () => this.#reader.resume() }, READ_AHEAD);
    this.#buffer = buffer;
    const own = {
      push: (lent: Uint8Array) => buffer.pushCopy(lent),
      end: () => buffer.end(),
      fail: (error: unknown) => buffer.fail(error),
    };
    this.#reader = new PipeReader(pipe, [...others, own]);
  }

  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#buffer.receive(maxBytes);
  }

  /**
   * Receives into memory that the caller owns. Otherwise like `receiveSome`, but without allocating a chunk: the fastest way
   * to read large outputs.
   *
   * @returns the number of bytes written to the beginning of `target`; `null` at the end of the output.
   */
  receiveInto(target: Uint8Array): Promise<number | null> {
    return this.#buffer.receiveInto(target);
  }

  close(): Promise<void> {
    this.#buffer.close();
    this.#reader.close();
    return checkpoint();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return iterateChunks(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
