import { memoryToReadInto } from '@tercet/streams/lowlevel';
import type { Socket } from 'node:net';
import { WaitQueue } from '@tercet/core/lowlevel';
import { takeOverPipe } from '../undocumented/take-over-pipe.ts';

/** A destination for the bytes of a pipe. Called from events: its functions neither throw nor run user code. */
export interface PipeSink {
  /** Takes bytes that are valid only during the call. @returns whether the sink has room for more. */
  push(lent: Uint8Array): boolean;
  /** Nothing more will arrive: the pipe has ended. */
  end(): void;
  /** Nothing more will arrive: the pipe has failed, or was closed. */
  fail(error: unknown): void;
}

// Shared by all pipes of the program. Node reads into it, and every sink copies what it needs before Node reads again.
const shared = memoryToReadInto(64 * 1024);

/** How much is read ahead after the process has ended, in bytes: more than any system holds in a pipe. */
const LEFTOVERS = 1024 * 1024;

/**
 * Reads a pipe from a child process, starting when the reader is made, and passes the bytes to its sinks. It stops
 * reading while a sink is full.
 *
 * When a child exits, Node discards output that has not been read. So the handle of the pipe is moved to another socket.
 * Where that is not possible, the pipe is read through its `'data'` events, which do deliver the rest at the exit.
 */
export class PipeReader {
  readonly #sinks: readonly PipeSink[];
  readonly #socket: Socket;
  readonly #ended = new WaitQueue<void>('end of the output of a process');
  /** True once the sinks know that nothing more will arrive. */
  #isDone = false;
  /** How many bytes may still be read although the sinks are full; 0 until the process has ended. */
  #leftovers = 0;

  constructor(pipe: Socket, sinks: readonly PipeSink[]) {
    this.#sinks = sinks;
    this.#socket = takeOverPipe(pipe, shared, (size) => this.#push(shared.subarray(0, size))) ?? this.#listen(pipe);
    this.#socket.on('end', () => this.#finish((sink) => sink.end()));
    this.#socket.on('error', (error) => this.#finish((sink) => sink.fail(error)));
    this.#socket.on('close', () => this.#finish((sink) => sink.fail(new Error('the pipe was closed'))));
    this.#socket.resume();
    this.#socket.read(0);
  }

  /** Waits until every process that holds the other end has closed it. A checkpoint only if it has to wait. */
  async end(): Promise<void> {
    if (!this.#isDone) await this.#ended.wait(undefined);
  }

  /** Reads on: to be called when a sink has room again. */
  resume(): void {
    if (!this.#isDone) this.#socket.resume();
  }

  /** Reads the rest of the pipe, even if the sinks are full: to be called when the process has ended. */
  takeLeftovers(): void {
    this.#leftovers = LEFTOVERS;
    this.resume();
  }

  /** Stops reading; the sinks fail, unless they have ended. */
  close(): void {
    this.#finish((sink) => sink.fail(new Error('the pipe was closed')));
    this.#socket.destroy();
  }

  #listen(pipe: Socket): Socket {
    return pipe.on('data', (chunk: Uint8Array) => {
      if (!this.#push(chunk)) pipe.pause();
    });
  }

  #push(lent: Uint8Array): boolean {
    let hasRoom = true;
    for (const sink of this.#sinks) if (!sink.push(lent)) hasRoom = false;
    if (hasRoom) return true;
    this.#leftovers -= lent.length;
    return this.#leftovers > 0;
  }

  #finish(notify: (sink: PipeSink) => void): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#sinks.forEach(notify);
    this.#ended.wakeAll();
  }
}
