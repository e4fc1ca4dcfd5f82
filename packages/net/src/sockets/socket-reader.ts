import { ChunkMemory, memoryToReadInto, ReceiveBuffer } from '@tercet/streams/lowlevel';
import type { ByteSource, WritableSender } from '@tercet/streams/lowlevel';
import type { Socket } from 'node:net';

/** From how many bytes on that nobody has asked for, no more is read. */
const LIMIT = 64 * 1024;

// One for all sockets of the process: Node reads into it, and before it does so again the bytes have been copied to where
// they belong. A buffer per connection would cost its size each. No Buffer: of an array of the language, parts are made in
// half the time.
const memory = memoryToReadInto(64 * 1024);
const shared = new Uint8Array(memory.buffer, memory.byteOffset, memory.length);

// Memory of their own, for connections that are fast at the moment: as much as a few need. Node may write into it until the
// next read has ended, so a connection that falls silent keeps it; all others do with the shared memory then.
const free: ChunkMemory[] = Array.from({ length: 32 }, () => new ChunkMemory());

/**
 * How much is read at a time at most where much comes: bytes. A Unix socket can hold far more than what Node reads by
 * itself. Over TCP the sender may go on only when a read has ended, so that large ones make it wait.
 */
export const LARGEST_READ: { readonly tcp: number; readonly unix: number } = { tcp: 64 * 1024, unix: 256 * 1024 };

/** From how many bytes at once on it pays to have read them to where they stay. */
const MUCH = 16 * 1024;

/** What Node calls `onread`: where it reads to, asked for after each read, and who is told. */
export interface OnreadOption {
  buffer(this: void): Uint8Array;
  callback(this: void, size: number, into: Uint8Array): boolean;
}

/**
 * The receiving half of a socket. It reads by Node's `onread` where the socket has been made with that option, and by
 * `'data'` events otherwise.
 */
export class SocketReader implements ByteSource {
  readonly buffer: ReceiveBuffer = new ReceiveBuffer(this, LIMIT);
  describe: () => string = () => 'the connection';
  readonly #most: number;
  #socket: Socket | undefined = undefined;
  #stopped = false;
  /** Where the next read goes: the shared memory, or room of its own. */
  #target: Uint8Array = shared;
  #own: ChunkMemory | undefined = undefined;

  /** @param most how much is read at a time at most: see {@link LARGEST_READ}. */
  constructor(most: number = LARGEST_READ.tcp) {
    this.#most = most;
  }

  /** The option with which a socket is made for this reader. */
  get onread(): OnreadOption {
    return { buffer: () => this.#target, callback: this.#onRead };
  }

  /**
   * @param byEvents whether the socket has been made without the option.
   * @param sender the other half, which is told what happens to the socket as well.
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
      // An error is dear to make, and most sockets are closed by those who have them.
      if (!buffer.isDone) buffer.fail(socket.errored ?? new Error('it was destroyed'));
    });
    if (socket.readableEnded) return buffer.end();
    if (socket.destroyed) return buffer.fail(socket.errored ?? new Error('it has been destroyed'));
    if (byEvents) {
      socket.on('data', (chunk: Buffer) => {
        if (!buffer.push(chunk)) this.#stop();
      });
    }
    // A socket that was paused does not begin without this, and one that has an `onread` does not tell its end.
    socket.resume();
  }

  /** Whether it does not read, because nobody has asked for what there is. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  /** What comes from now on is thrown away, so that the end is seen. */
  discard(): void {
    this.buffer.close();
    if (this.#stopped) this.resume();
  }

  /** Leaves what comes with the operating system, until somebody asks for it. */
  hold(): void {
    if (this.buffer.isDone || this.buffer.hasReceiver) return;
    this.#stop();
    this.buffer.hold();
  }

  /** Leaves the socket to somebody else. @returns what has been read, and not been received. */
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
    // Much comes, and a task takes whatever comes: then it is read to where it stays, without a copy.
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
