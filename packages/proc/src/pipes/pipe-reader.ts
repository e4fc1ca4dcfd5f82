import type { Socket } from 'node:net';
import { WaitQueue } from '@tercet/core/lowlevel';
import { takeOverPipe } from '../undocumented/take-over-pipe.ts';

/** Where the bytes of a pipe go. For events: none of these functions throws, or runs code of the user. */
export interface PipeSink {
  /** Takes bytes that are only lent, for the time of the call. @returns whether it can take more at once. */
  push(lent: Uint8Array): boolean;
  /** Nothing more will come. */
  end(): void;
  /** Nothing more will come, because of an error. */
  fail(error: unknown): void;
}

// One for all pipes of the program: Node reads into it, and before it does so again every sink has copied what it needs.
const shared = Buffer.allocUnsafeSlow(64 * 1024);

/** What may be read ahead when the process has ended: more than any system keeps in a pipe. */
const LEFTOVERS = 1024 * 1024;

/**
 * Reads a pipe from a child process, from the moment in which it is made, and gives what comes to its sinks.
 *
 * Node throws away what nobody has asked for when the child exits. So the pipe's handle is moved to a socket of our own;
 * where that is not possible, the pipe is read by its `'data'` events, to which Node gives all that is left at the exit.
 */
export class PipeReader {
  readonly #sinks: readonly PipeSink[];
  readonly #socket: Socket;
  readonly #ended = new WaitQueue<void>('end of the output of a process');
  #isDone = false;
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

  /** Waits until everybody who holds the other end has closed it. A checkpoint, when that has not happened yet. */
  async end(): Promise<void> {
    if (!this.#isDone) await this.#ended.wait(undefined);
  }

  /** A sink can take more again. */
  resume(): void {
    if (!this.#isDone) this.#socket.resume();
  }

  /** The process has ended: takes what it has left in the pipe, so that the pipe can be closed. */
  takeLeftovers(): void {
    this.#leftovers = LEFTOVERS;
    this.resume();
  }

  /** Reads no more, and tells the sinks so. */
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

  #finish(tell: (sink: PipeSink) => void): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#sinks.forEach(tell);
    while (this.#ended.wakeFirst());
  }
}
