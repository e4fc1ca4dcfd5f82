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
 * Takes the socket beneath a transport, if TLS can work on it: it is one, nobody else is using it, and it stays open for
 * sending when the peer ends.
 */
export async function takeSocket(transport: Stream): Promise<Socket | undefined> {
  // A subclass may do something of its own with what it sends and receives.
  if (Object.getPrototypeOf(transport) !== SocketStream.prototype) return undefined;
  return (await abandonable(worksNatively())) ? takeSocketOf(transport as SocketStream) : undefined;
}

/**
 * TLS that Node does on the handle of a socket, which is several times as fast as moving records through JavaScript
 * (benchmark `net`). It reads ahead, up to a limit, as a socket without TLS does.
 */
export class NativeTls implements TlsPath {
  readonly handshake: Handshake;
  readonly #raw: Socket;
  readonly #socket: TLSSocket;
  readonly #reader: SocketReader;
  readonly #sender: WritableSender;
  readonly #health: ConnectionHealth;
  readonly #isHttpsCompatible: boolean;
  #handshakeWaker: Waker<void> | undefined = undefined;
  #failure: Error | undefined = undefined;
  #hasEnded = false;

  /** @param raw what `takeSocket` has returned just now. */
  constructor(raw: Socket, options: PathOptions, health: ConnectionHealth) {
    const { tls, isHttpsCompatible } = options;
    this.handshake = new Handshake(tls, raw, {
      onSocket: () => undefined,
      // Later, because Node tells it from inside of OpenSSL, and session tickets have to go before what is sent then.
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

  /** Whether the server is about to send session tickets, which it does before anything else. */
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
   * Node forgets an error of writing what TLS says by itself, session tickets for instance, and from then on writes nothing.
   * Reading finds out that the peer is gone, but only when there is room for what has come before.
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

  /** Nothing more can come or go. */
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
