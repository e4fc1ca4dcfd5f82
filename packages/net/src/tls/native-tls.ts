import { abandonable, InternalError } from '@tercet/core';
import { suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import { WritableSender } from '@tercet/streams/lowlevel';
import type { Sendable, Stream } from '@tercet/streams';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { linger, reset } from '../sockets/end-of-socket.ts';
import { SocketReader } from '../sockets/socket-reader.ts';
import { SocketStream, takeSocketOf } from '../sockets/socket-stream.ts';
import { giveOnread, heldBack, watchEnd } from '../undocumented/tls-on-socket.ts';
import { worksNatively } from '../undocumented/tls-probe.ts';
import { cutShortError } from './connection-health.ts';
import type { ConnectionHealth } from './connection-health.ts';
import { Handshake } from './handshake.ts';
import { cutOffError } from './record-pump.ts';
import type { PathOptions, TlsPath } from './tls-path.ts';

/**
 * Takes the socket out of a transport. @returns `undefined` if TLS cannot work on it: if the transport is not exactly a
 * `SocketStream`, is in use, or would stop sending when the peer does.
 */
export async function takeSocket(transport: Stream): Promise<Socket | undefined> {
  // A subclass may change what is sent and received.
  if (Object.getPrototypeOf(transport) !== SocketStream.prototype) return undefined;
  return (await abandonable(worksNatively())) ? takeSocketOf(transport as SocketStream) : undefined;
}

/**
 * TLS on the handle of a socket, done by Node. It is 1.5 to 3 times as fast as moving records through JavaScript (benchmark
 * `net`, tls). It reads ahead up to a limit, as a socket without TLS does.
 */
export class NativeTls implements TlsPath {
  readonly handshake: Handshake;
  /** The socket of the transport. */
  readonly #raw: Socket;
  /** Node's TLS on it. */
  readonly #socket: TLSSocket;
  readonly #reader: SocketReader;
  readonly #sender: WritableSender;
  readonly #health: ConnectionHealth;
  readonly #isHttpsCompatible: boolean;
  /** The task that does the handshake, while it waits. */
  #handshakeWaker: Waker<void> | undefined = undefined;
  /** The first error; nothing is sent or received after it. */
  #failure: Error | undefined = undefined;
  /** Whether the peer's data has ended, announced or not. */
  #hasEnded = false;

  /** @param raw from `takeSocket`, in this step. */
  constructor(raw: Socket, options: PathOptions, health: ConnectionHealth) {
    const { tls, isHttpsCompatible } = options;
    this.handshake = new Handshake(tls, raw, {
      onSocket: () => undefined,
      // Later, because Node reports it from inside OpenSSL, and session tickets have to be sent before other data.
      onDone: () => void setImmediate(() => this.#endHandshake()),
      onFailure: (error) => this.#fail(error),
      onRefusal: (error) => this.#fail(error),
    });
    const { socket } = this.handshake;
    if (socket === undefined) throw new InternalError('TLS on a socket has begun without a TLS socket');
    const reader = new SocketReader();
    watchEnd(
      socket,
      raw,
      () => reader.isStopped,
      () => this.#onCutOff(),
    );
    giveOnread(socket, reader.onread);
    reader.attach(socket, false);
    this.#raw = raw;
    this.#socket = socket;
    this.#reader = reader;
    this.#health = health;
    this.#isHttpsCompatible = isHttpsCompatible;
    reader.describe = health.describe;
    this.#sender = new WritableSender(socket, health.describe, 'new TlsStream()', { isSocket: true });
    socket.on('end', () => this.#onEnd());
    socket.on('close', () => this.#fail(new Error('it was destroyed')));
  }

  get hasEndedSilently(): boolean {
    return this.#hasEnded && this.#isHttpsCompatible && !this.handshake.isDone;
  }

  get isSending(): boolean {
    return !this.#sender.isIntact && !this.#health.isBroken;
  }

  async doHandshake(operation: string): Promise<void> {
    if (!this.handshake.isDone && this.#failure === undefined) {
      await suspend<void>('a TLS handshake', (waker) => {
        this.#handshakeWaker = waker;
        return () => {
          this.#handshakeWaker = undefined;
          return 'succeeded';
        };
      });
    }
    if (!this.handshake.isDone) throw this.#health.brokenError(operation, this.#failure);
  }

  sendAll(data: Sendable): Promise<void> {
    this.#watchForStall();
    return this.#sender.sendAll(data);
  }

  waitSendAllMightNotBlock(): Promise<void> {
    return this.#sender.waitSendAllMightNotBlock();
  }

  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    if (this.#sender.isCutShort) this.#break(cutShortError());
    return this.#reader.buffer.receive(maxBytes);
  }

  receiveInto(target: Uint8Array): Promise<number | null> {
    if (this.#sender.isCutShort) this.#break(cutShortError());
    return this.#reader.buffer.receiveInto(target);
  }

  async finish(isSilent: boolean): Promise<void> {
    if (!isSilent) {
      this.#watchForStall();
      await this.#sender.sendEof();
    }
    const { buffer, isStopped } = this.#reader;
    if (buffer.isDone || !(isStopped || this.#expectsTickets)) return;
    this.#reader.discard();
    if (isSilent) this.#raw.end();
    await linger(this.#socket, isStopped ? ['end', 'close'] : ['session', 'end', 'close']);
  }

  discard(): void {
    // The peer has got a part of something then, and must not take it for the whole.
    if (this.#sender.isCutShort) reset(this.#raw);
    this.#sender.close();
    this.#reader.buffer.close();
    this.#socket.destroy();
    this.#endHandshake();
  }

  /** Whether the server has not sent its session tickets yet, which it sends before anything else. */
  get #expectsTickets(): boolean {
    const { isServer, details, session } = this.handshake;
    return !isServer && details.protocol === 'TLSv1.3' && session === undefined && this.#socket.bytesRead === 0;
  }

  #onCutOff(): void {
    if (this.handshake.isDone && !this.#isHttpsCompatible) this.#break(cutOffError(true));
  }

  #onEnd(): void {
    this.#hasEnded = true;
    if (!this.handshake.isDone) this.#fail(cutOffError(false));
  }

  /**
   * If writing records of TLS itself fails, such as session tickets, Node drops the error and writes nothing from then on.
   * Reading would notice that the peer is gone, but only when there is room to read.
   */
  #watchForStall(): void {
    let before = heldBack(this.#socket, this.#raw);
    if (before === 0) return;
    let hasTurned = false;
    const look = (): void => {
      const held = heldBack(this.#socket, this.#raw);
      if (held === 0) return;
      if (held === before && hasTurned) return this.#fail(new Error('the peer is gone, and takes nothing any more'));
      hasTurned = true;
      before = held;
      setImmediate(look);
    };
    setImmediate(look);
  }

  /** Nothing more can be sent or received. */
  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#break(error);
    this.#socket.destroy();
    this.#endHandshake();
  }

  #break(error: unknown): void {
    const cause = this.#health.break(error);
    this.#reader.buffer.fail(cause);
    this.#sender.fail(cause);
  }

  #endHandshake(): void {
    const waker = this.#handshakeWaker;
    this.#handshakeWaker = undefined;
    waker?.wake();
  }
}
