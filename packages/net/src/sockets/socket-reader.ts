import { ChunkMemory, memoryToReadInto, ReceiveBuffer } from '@tercet/streams/lowlevel';
import type { ByteSource, WritableSender } from '@tercet/streams/lowlevel';
import type { Socket } from 'node:net';

/** At most this number of bytes is read ahead. */
const LIMIT = 64 * 1024;

// One buffer for all sockets of the process. Node reads into it, and the bytes are copied out before it reads again. A
// buffer for each connection would cost its size each time. It is not a Buffer: subarray() of a Uint8Array takes half the
// time.
const memory = memoryToReadInto(64 * 1024);
const shared = new Uint8Array(memory.buffer, memory.byteOffset, memory.length);

// Buffers for connections that receive much at the moment, enough for a few. A read may be pending, so an idle connection
// cannot return its buffer. When none is free, a connection uses the shared one.
const free: ChunkMemory[] = Array.from({ length: 32 }, () => new ChunkMemory());

/**
 * At most this number of bytes is read at a time. A Unix socket can hold far more than the 64 KiB that Node reads. Over TCP
 * the sender may go on only when a read has ended, so large reads would make it wait.
 */
export const LARGEST_READ: { readonly tcp: number; readonly unix: number } = { tcp: 64 * 1024, unix: 256 * 1024 };

/** From this number of bytes at once, reading into a buffer of the connection is faster than copying. */
const MUCH = 16 * 1024;

/** Node's option `onread`: `buffer` returns the memory for the next read, and `callback` is called after each read. */
export interface OnreadOption {
  buffer(this: void): Uint8Array;
  callback(this: void, size: number, into: Uint8Array): boolean;
}

/**
 * The receiving half of a socket: moves bytes from the socket to a `ReceiveBuffer`. It reads by Node's option `onread` if
 * the socket was made with it, and by `'data'` events otherwise.
 *
 * Two accelerators can be taken away without
 * changing what it does: the shared buffer (`#target` would be new memory for each read), and the buffers of fast
 * connections (`#own`).
 */
export class SocketReader implements ByteSource {
  readonly buffer: ReceiveBuffer = new ReceiveBuffer(this, LIMIT);
  describe: () => string = () => 'the connection';
  readonly #most: number;
  #socket: Socket | undefined = undefined;
  /** True from `stop` until the socket is resumed. */
  #stopped = false;
  /** The memory for the next read: the shared buffer, or room in `#own`. */
  #target: Uint8Array = shared;
  /** The buffer of a connection that receives much; `undefined` otherwise. */
  #own: ChunkMemory | undefined = undefined;

  /** @param most the largest number of bytes to read at a time: see {@link LARGEST_READ}. */
  constructor(most: number = LARGEST_READ.tcp) {
    this.#most = most;
  }

  /** The option with which a socket is made for this reader. */
  get onread(): OnreadOption {
    return { buffer: () => this.#target, callback: this.#onRead };
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
      this.#readToShared();
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
    const { buffer } = this;
    const isMuch = size >= MUCH;
    const takesAll = isMuch && buffer.takesAll;
    const goesOn =
      isMuch && into !== shared
        ? buffer.push(this.#own!.take(into as Buffer, size))
        : buffer.pushCopy(into.subarray(0, size));
    this.#stopped = !goesOn;
    // Much has come, and a task takes all of it: read the next bytes without a copy.
    if (takesAll) this.#readToOwn();
    else this.#readToShared();
    return goesOn;
  };

  #readToOwn(): void {
    this.#own ??= free.pop();
    if (this.#own !== undefined) this.#target = this.#own.room(shared.length).subarray(0, this.#most);
  }

  #readToShared(): void {
    if (this.#own === undefined) return;
    free.push(this.#own);
    this.#own = undefined;
    this.#target = shared;
  }
}
