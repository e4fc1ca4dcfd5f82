import { checkpoint, StateError } from '@tercet/core';
import type { Duration } from '@tercet/core';
import { checkpointIfCancelled, inspectAs, toMilliseconds } from '@tercet/core/lowlevel';
import { closesAtOnce, iterateChunks, WritableSender } from '@tercet/streams/lowlevel';
import type { HalfCloseableStream, Sendable } from '@tercet/streams';
import { Socket } from 'node:net';
import { addressOf, describeConnection, unnamed } from '../addresses/socket-address.ts';
import type { SocketAddress } from '../addresses/socket-address.ts';
import { linger, reset } from './end-of-socket.ts';
import { SocketReader } from './socket-reader.ts';

/** Makes a stream of a socket, with what its maker knows about it. */
export let socketStreamOf: (socket: Socket, origin: SocketOrigin) => SocketStream;

/**
 * Takes the socket out of a stream, and gives the bytes back to it that were read ahead. Closing the stream still closes
 * the socket. @returns `undefined` when a task is using the stream, one of its directions has ended, it does not allow
 * half-open connections, or it is broken or closed.
 */
export let takeSocketOf: (stream: SocketStream) => Socket | undefined;

/** Lets a `SocketStream` read nothing ahead until a task receives. Does nothing with other streams. */
export let holdReading: (stream: object) => void;

/** Facts about a socket that only its maker knows. */
export interface SocketOrigin {
  /** The reader whose `onread` the socket was made with. */
  readonly reader?: SocketReader;
  readonly local?: SocketAddress;
  readonly remote?: SocketAddress;
}

/**
 * A connection over TCP or over a Unix socket.
 *
 * It reads up to 64 KiB ahead, and then lets the peer wait. `sendAll` returns when the operating system has taken all of the
 * data. Node cannot take a write back. So a `sendAll` that is cancelled while it waits leaves the stream broken, and closing it
 * resets the connection, so that the peer does not take a part for the whole.
 *
 * @example
 * await using stream = await openTcpStream('example.org', 80);
 * await stream.sendAll('GET / HTTP/1.0\r\nHost: example.org\r\n\r\n');
 * const beginning = await stream.receiveSome();
 */
export class SocketStream implements HalfCloseableStream {
  static {
    socketStreamOf = (socket, origin) =>
      new (this as unknown as new (socket: Socket, origin: SocketOrigin) => SocketStream)(socket, origin);
    takeSocketOf = (stream) => stream.#takeSocket();
    holdReading = (stream) => void (#reader in stream && stream.#reader.hold());
    closesAtOnce<SocketStream>(this, (stream) => stream.#closeNow());
    inspectAs(this, (stream) => `SocketStream${stream.#closed ? ' closed' : ''} ${stream.#describe()}`);
  }

  readonly #socket: Socket;
  readonly #reader: SocketReader;
  readonly #sender: WritableSender;
  readonly #local: SocketAddress | undefined;
  readonly #remote: SocketAddress | undefined;
  /** True once closing has begun. */
  #closed = false;

  /**
   * Makes a stream of a connected socket of Node, which from then on belongs to it. The socket should have been made with
   * `allowHalfOpen: true`: otherwise it ends its sending direction when the peer does.
   *
   * @throws {TypeError} when it is not a socket of `node:net`. @throws {StateError} when it is not connected yet.
   */
  constructor(socket: Socket);
  constructor(socket: Socket, origin: SocketOrigin = {}) {
    if (!(socket instanceof Socket)) throw new TypeError('new SocketStream() takes a Socket of node:net');
    if (socket.connecting) throw new StateError('new SocketStream(): the socket is not connected yet');
    const describe = (): string => this.#describe();
    this.#socket = socket;
    // Asked now, because a socket that has failed does not know its addresses any more, and errors name them.
    this.#local = origin.local ?? addressOf(socket, 'local');
    this.#remote = origin.remote ?? addressOf(socket, 'remote');
    this.#sender = new WritableSender(socket, describe, 'new SocketStream()', { isSocket: true, isTold: true });
    this.#reader = origin.reader ?? new SocketReader();
    this.#reader.describe = describe;
    this.#reader.attach(socket, origin.reader === undefined, this.#sender);
  }

  /** This end of the connection. */
  get localAddress(): SocketAddress {
    return this.#local ?? unnamed;
  }

  /** The peer's end of the connection. */
  get remoteAddress(): SocketAddress {
    return this.#remote ?? unnamed;
  }

  /** Sets whether small pieces of data are sent at once instead of being collected. By default they are. */
  setNoDelay(noDelay = true): void {
    this.#socket.setNoDelay(noDelay);
  }

  /**
   * Sets whether the operating system probes an idle connection from time to time.
   *
   * @param initialDelay the idle time before the first probe: milliseconds, or `{ seconds: 30 }`.
   */
  setKeepAlive(keepAlive = true, initialDelay: Duration = 0): void {
    this.#socket.setKeepAlive(keepAlive, toMilliseconds(initialDelay, 'setKeepAlive()'));
  }

  sendAll(data: Sendable): Promise<void> {
    return this.#sender.sendAll(data);
  }

  waitSendAllMightNotBlock(): Promise<void> {
    return this.#sender.waitSendAllMightNotBlock();
  }

  sendEof(): Promise<void> {
    return this.#sender.sendEof();
  }

  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    return this.#reader.buffer.receive(maxBytes);
  }

  /**
   * Receives into memory of the caller, which saves making a chunk for it: the fastest way to read much. Otherwise like
   * `receiveSome`.
   *
   * @returns how many bytes of `target` have been filled, from its beginning; `null` at the end.
   */
  receiveInto(target: Uint8Array): Promise<number | null> {
    return this.#reader.buffer.receiveInto(target);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return iterateChunks(this);
  }

  /**
   * Closes the connection. The peer receives all that was sent, and then the end. If the peer is still sending, its bytes
   * are read and dropped for a second at most, because closing at once would reset the connection, and the peer could lose
   * bytes that were sent to it.
   *
   * A checkpoint. When the surrounding scope is cancelled, it is closed at once.
   */
  close(): Promise<void> {
    if (!this.#closed) {
      if (this.#hasToLinger()) return this.#linger();
      this.#closeNow();
    }
    return checkpoint();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // Whether bytes are on their way in one of the directions.
  #hasToLinger(): boolean {
    if (!this.#sender.isIntact) return false;
    return this.#socket.writableLength > 0 || (this.#reader.isStopped && !this.#reader.buffer.isDone);
  }

  async #linger(): Promise<void> {
    this.#closed = true;
    const socket = this.#socket;
    try {
      this.#sender.close();
      this.#reader.discard();
      await checkpointIfCancelled();
      socket.end();
      await linger(socket);
    } finally {
      socket.destroy();
    }
    return checkpoint();
  }

  #closeNow(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { isIntact } = this.#sender;
    this.#sender.close();
    this.#reader.buffer.close();
    if (isIntact) this.#socket.destroy();
    else reset(this.#socket);
  }

  #takeSocket(): Socket | undefined {
    const socket = this.#socket;
    const { buffer } = this.#reader;
    if (this.#closed || !this.#sender.isIntact || socket.writableEnded || socket.destroyed) return undefined;
    if (buffer.isDone || buffer.hasReceiver || !socket.allowHalfOpen) return undefined;
    const early = this.#reader.handOver();
    if (early.length > 0) socket.unshift(Buffer.concat(early));
    return socket;
  }

  #describe(): string {
    return describeConnection(this.#local, this.#remote);
  }
}
