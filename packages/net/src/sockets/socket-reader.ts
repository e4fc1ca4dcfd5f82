import { memoryToReadInto, ReceiveBuffer } from '@tercet/streams/lowlevel';
import type { ByteSource, WritableSender } from '@tercet/streams/lowlevel';
import type { Socket } from 'node:net';

/** At most this number of bytes is read ahead. */
const LIMIT = 64 * 1024;

// One buffer for all sockets of the process. Node reads into it, and the bytes are copied out before it reads again. A
// buffer for each connection would cost its size each time. It is not a Buffer: subarray() of a Uint8Array takes half the
// time.
const memory = memoryToReadInto(64 * 1024);
const shared = new Uint8Array(memory.buffer, memory.byteOffset, memory.length);

/** Node's option `onread`: `buffer` returns the memory for the next read, and `callback` is called after each read. */
export interface OnreadOption {
  buffer(this: void): Uint8Array;
  callback(this: void, size: number, into: Uint8Array): boolean;
}

/**
 * The receiving half of a socket: moves bytes from the socket to a `ReceiveBuffer`. It reads by Node's option `onread` if
 * the socket was made with it, and by `'data'` events otherwise.
 *
 * The shared buffer is an accelerator that can be taken away without changing what this does: `onread` would return new memory
 * for each read.
 */
export class SocketReader implements ByteSource {
  readonly buffer: ReceiveBuffer = new ReceiveBuffer(this, LIMIT);
  describe: () => string = () => 'the connection';
  #socket: Socket | undefined = undefined;
  /** True from `stop` until the socket is resumed. */
  #stopped = false;

  /** The option with which a socket is made for this reader. */
  get onread(): OnreadOption {
    return { buffer: () => shared, callback: this.#onRead };
  }

  /**
   * @param byEvents whether the socket has been made without the option.
   * @param sender the other half, which fails together with this one.
   */
  attach(socket: Socket, byEvents: boolean, sender?: WritableSender): void {
    this.#socket = socket;
    const { buffer } = this;
    socket.on('error', (error) => {
      sender?.fail(error);
      buffer.fail(error);
    });
    socket.on('end', () => buffer.end());
    socket.on('close', () => {
      sender?.gone();
      // Making an error is expensive, and most sockets are closed by their owner.
      if (!buffer.isDone) buffer.fail(socket.errored ?? new Error('it was destroyed'));
    });
    if (socket.readableEnded) return buffer.end();
    if (socket.destroyed) return buffer.fail(socket.errored ?? new Error('it has been destroyed'));
    if (byEvents) {
      socket.on('data', (chunk: Buffer) => {
        if (!buffer.push(chunk)) this.#stop();
      });
    }
    // Without this, a paused socket does not begin to read, and one with an `onread` does not emit 'end'.
    socket.resume();
  }

  /** Whether it has stopped reading, because no task has received what was read ahead. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Drops all bytes from now on, and goes on reading, so that the end is noticed. */
  discard(): void {
    this.buffer.close();
    if (this.#stopped) this.resume();
  }

  /** Reads nothing until a task waits for bytes. */
  hold(): void {
    if (this.buffer.isDone || this.buffer.hasReceiver) return;
    this.#stop();
    this.buffer.hold();
  }

  /** Stops using the socket. @returns the bytes that have been read and not been received. */
  handOver(): Uint8Array[] {
    const rest = this.buffer.takeAll();
    this.#socket?.removeAllListeners('data').pause();
    this.#stopped = false;
    return rest;
  }

  /** Reads no more until it is resumed. */
  #stop(): void {
    this.#stopped = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#stopped = false;
    this.#socket?.resume();
  }

  readonly #onRead = (size: number, into: Uint8Array): boolean => {
    const goesOn = this.buffer.pushCopy(into.subarray(0, size));
    this.#stopped = !goesOn;
    return goesOn;
  };
}
