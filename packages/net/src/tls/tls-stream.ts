import { BrokenResourceError, checkpoint, StateError } from '@tercet/core';
import { inspectAs, ready, rejectIfCancelled } from '@tercet/core/lowlevel';
import { closedError, iterateChunks, requireMaxBytes, toBytes } from '@tercet/streams/lowlevel';
import type { Sendable, Stream } from '@tercet/streams';
import type { X509Certificate } from 'node:crypto';
import type { CipherNameAndProtocol } from 'node:tls';
import { describeConnection } from '../addresses/socket-address.ts';
import type { SocketAddress } from '../addresses/socket-address.ts';
import { holdReading } from '../sockets/socket-stream.ts';
import { ConnectionHealth } from './connection-health.ts';
import { Direction } from './direction.ts';
import { fillTarget } from './fill-target.ts';
import type { Handshake } from './handshake.ts';
import { TlsConnection } from './tls-connection.ts';
import type { TlsPath } from './tls-path.ts';
import { prepareTls } from './tls-options.ts';
import type { PreparedTls, TlsStreamOptions } from './tls-options.ts';

// TLS turns one byte stream, the transport, into another one that cannot be read or changed in between. This file connects
// the two; the rest of the folder serves it.
//
// Three properties of TLS shape everything here.
//
// - Sending may need receiving, and receiving may need sending: during the handshake, and later when keys are updated or
//   session tickets arrive. So "send" and "receive" of the plaintext do not map to those of the transport.
// - An end is announced, by a record called close_notify. If the transport ends without one, an attacker may have cut it
// off.
//   HTTPS does without it, because HTTP knows how long a message is; hence `httpsCompatible`. There is no half-close.
// - A record that has been cut short cannot be completed later. So a cancelled send breaks the stream. Receiving is
// different:
//   bytes that have arrived stay in a buffer, so it can be cancelled.
//
// Node has TLS only as a socket of its own (`TLSSocket`), over another socket or over a duplex stream. Hence two paths,
// which share the interface `TlsPath`:
//
//     TlsStream                  checks state, does the handshake first
//       TlsConnection            chooses the path, one handshake for all tasks
//         NativeTls              on a `SocketStream`: Node works on the socket itself; nothing moves in JavaScript
//         RecordPump             on any stream: the tasks that use the stream move records
//           TlsEngine            Node's TLS over a duplex stream that only queues (`CipherDuplex`)
//       Handshake                the same for both paths: who is verified how, and with which results
//
// One path would be less code. But over a socket the pump needs 1.5 to 3 times the time of Node (benchmark `net`, tls),
// and Node's way works on sockets only.
//
// Where a certificate is checked: that of a server by Node in `tls.connect`, with the options from `tls-options.ts`
// (`prepareClient`); that of a client in `verify-client.ts` (`distrustOf`), called by `handshake.ts`. Both before
// `onDone`, so before any plaintext moves.

/** Makes a stream with options that have been checked before. */
export let tlsStreamOf: <T extends Stream>(transport: T, options: TlsStreamOptions, tls: PreparedTls) => TlsStream<T>;

/** A transport may know its addresses. */
interface WithAddresses {
  readonly localAddress?: SocketAddress | undefined;
  readonly remoteAddress?: SocketAddress | undefined;
}

/**
 * TLS over any other stream: over TCP, over memory, or over TLS.
 *
 * The handshake happens with the first `sendAll`, `receiveSome` or `close`, or with `doHandshake`. A client verifies the
 * certificate of its server and the name in it, unless an option turns that off. An error of TLS, such as a bad
 * certificate, is a `BrokenResourceError` whose `cause` is the error of Node. An error of the transport is thrown as it is.
 * After either, the stream is broken, and can only be closed.
 *
 * If the transport ends and the peer has not announced it by a close_notify, that is a `BrokenResourceError` too, because
 * an attacker may have cut off the rest. With `httpsCompatible` it counts as the end.
 *
 * Cancelling a handshake, or a `sendAll` that has begun, breaks the stream. Cancelling a `receiveSome` after the handshake
 * loses nothing.
 *
 * @example
 * await using stream = new TlsStream(await openTcpStream('example.org', 443), { serverHostname: 'example.org' });
 * await stream.sendAll('GET / HTTP/1.0\r\nHost: example.org\r\n\r\n');
 */
export class TlsStream<T extends Stream = Stream> implements Stream {
  static {
    tlsStreamOf = (transport, options, tls) =>
      new (this as unknown as new (...args: unknown[]) => TlsStream<typeof transport>)(transport, options, tls);
    inspectAs(this, (stream) => `TlsStream ${stream.#state} ${stream.#describe()}`);
  }

  /** The stream beneath. It belongs to this one, and is closed with it. */
  readonly transport: T;
  /** Whether this end is the server. */
  readonly serverSide: boolean;
  /** Whether an unannounced end counts as the end of the data. */
  readonly httpsCompatible: boolean;

  /** A client's option; `undefined` on a server. */
  readonly #serverHostname: string | undefined;
  readonly #health = new ConnectionHealth(() => this.#describe());
  readonly #connection: TlsConnection;
  // For operations that may have to do the handshake. After it, the path looks after its directions.
  readonly #sending = new Direction(this.#health, 'sending on');
  readonly #receiving = new Direction(this.#health, 'receiving from');
  /** True once `close` has been called; the path may still be sending its close_notify. */
  #isClosed = false;

  /**
   * Checks the options. It does nothing with the transport yet.
   *
   * @param transport the stream that carries the records. Other data may have been sent over it before.
   * @throws {TypeError} when a client has no `serverHostname` to verify, or a server has no certificate.
   * @throws the error of Node when a certificate, a key or another option is wrong.
   */
  constructor(transport: T, options?: TlsStreamOptions);
  constructor(transport: T, options: TlsStreamOptions = {}, tls?: PreparedTls) {
    if (typeof (transport as Partial<T> | undefined)?.sendAll !== 'function') {
      throw new TypeError('new TlsStream() takes a stream, and options');
    }
    const { serverSide = false, httpsCompatible = false } = options;
    this.transport = transport;
    this.serverSide = serverSide;
    this.httpsCompatible = httpsCompatible;
    this.#serverHostname = serverSide ? undefined : options.serverHostname;
    const pathOptions = {
      tls: tls ?? prepareTls(options, 'new TlsStream()'),
      isHttpsCompatible: httpsCompatible,
    };
    this.#connection = new TlsConnection(transport, pathOptions, this.#health);
    // If the first records have been read already, Node's TLS goes on with buffers of their size, and needs twice as many
    // reads later (benchmark `net`).
    holdReading(transport);
  }

  /** This end of the connection beneath, when that is a socket. */
  get localAddress(): SocketAddress | undefined {
    return (this.transport as WithAddresses).localAddress;
  }

  /** The peer's end of the connection beneath, when that is a socket. */
  get remoteAddress(): SocketAddress | undefined {
    return (this.transport as WithAddresses).remoteAddress;
  }

  /**
   * The name of the server: a client's option, or the name that the client of this server has asked for, if any.
   *
   * @throws {StateError} on a server before the handshake.
   */
  get serverHostname(): string | undefined {
    return this.serverSide ? this.#handshake('serverHostname').details.serverName : this.#serverHostname;
  }

  /** The protocol that both sides have agreed on by ALPN, if any. @throws {StateError} before the handshake. */
  get alpnProtocol(): string | undefined {
    return this.#handshake('alpnProtocol').details.alpnProtocol;
  }

  /** The certificate of the peer, if it has sent one. @throws {StateError} before the handshake. */
  get peerCertificate(): X509Certificate | undefined {
    return this.#handshake('peerCertificate').details.peerCertificate;
  }

  /**
   * Why the certificate of the peer cannot be trusted, if `rejectUnauthorized: false` has allowed that. See its `code`.
   *
   * @throws {StateError} before the handshake.
   */
  get authorizationError(): Error | undefined {
    return this.#handshake('authorizationError').authorizationError;
  }

  /** The version of TLS: `TLSv1.3`. @throws {StateError} before the handshake. */
  get protocol(): string {
    return this.#handshake('protocol').details.protocol;
  }

  /** The cipher that encrypts the connection. @throws {StateError} before the handshake. */
  get cipher(): CipherNameAndProtocol {
    return this.#handshake('cipher').details.cipher;
  }

  /** Whether the handshake has resumed an earlier session. @throws {StateError} before the handshake. */
  get isSessionReused(): boolean {
    return this.#handshake('isSessionReused').details.isSessionReused;
  }

  /**
   * Clients: a session to resume, which makes the next handshake with the same server shorter: pass it as the option
   * `session`. `undefined` until the server has sent one; with TLS 1.3 it comes with the first data. A stream to another
   * server does not use it.
   *
   * @throws {StateError} before the handshake.
   */
  get session(): Uint8Array | undefined {
    return this.#handshake('session').session;
  }

  /**
   * Bytes that only the two ends of this connection know (RFC 5705), to bind another protocol to it.
   *
   * @param length in bytes. @param label the purpose, the same at both ends: `EXPORTER-…`.
   * @throws {StateError} before the handshake, or when the stream is closed.
   */
  exportKeyingMaterial(length: number, label: string, context: Uint8Array = new Uint8Array()): Uint8Array {
    const { socket } = this.#handshake('exportKeyingMaterial()');
    if (this.#isClosed || socket === undefined)
      throw new StateError(`exportKeyingMaterial(): ${this.#describe()} is closed`);
    return socket.exportKeyingMaterial(length, label, Buffer.from(context));
  }

  /**
   * Does the handshake now: to see its errors before sending or receiving, or to know its results. Several tasks may call
   * it; the handshake is done once. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; the stream is broken then.
   * @throws {BrokenResourceError} when the handshake fails. @throws the error of the transport.
   */
  async doHandshake(): Promise<void> {
    const operation = 'doHandshake()';
    await rejectIfCancelled(operation);
    this.#requireUsable(operation);
    try {
      const { hasWaited } = await this.#connection.ensureHandshake(operation);
      if (!hasWaited) await ready(undefined, operation);
    } catch (error) {
      throw this.#health.translate(error, operation);
    }
  }

  sendAll(data: Sendable): Promise<void> {
    const path = this.#sending.isBusy ? undefined : this.#path;
    return path === undefined ? this.#sendFirst(data) : path.sendAll(data);
  }

  async waitSendAllMightNotBlock(): Promise<void> {
    const operation = 'waitSendAllMightNotBlock()';
    await rejectIfCancelled(operation);
    await this.#sending.use(operation, async () => {
      this.#requireUsable(operation);
      await this.#connection.waitSendAllMightNotBlock();
    });
  }

  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    const path = this.#receiving.isBusy ? undefined : this.#path;
    return path === undefined ? this.#receiveFirst(maxBytes) : path.receiveSome(maxBytes);
  }

  /**
   * `receiveSome` into memory of the caller. It saves making a chunk, and is the fastest way to receive much.
   *
   * @returns the number of bytes at the beginning of `target` that have been filled; `null` at the end.
   */
  receiveInto(target: Uint8Array): Promise<number | null> {
    const path = this.#receiving.isBusy ? undefined : this.#path;
    return path === undefined
      ? fillTarget(target, (maxBytes) => this.#receiveFirst(maxBytes))
      : path.receiveInto(target);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return iterateChunks(this);
  }

  /**
   * Sends a close_notify, without waiting for the peer's, and closes the transport. If the handshake has not been done, it
   * does that first. If the stream is `httpsCompatible` or broken, or another task is sending, it only closes the
   * transport. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; the transport is closed then, forcefully.
   * @throws the error of the handshake or of the transport; it is closed all the same.
   */
  close(): Promise<void> {
    if (this.#isClosed) return checkpoint();
    this.#isClosed = true;
    return this.#connection.close(this.#sending.isBusy);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The path for all data, from the end of the handshake until the stream is closed. */
  get #path(): TlsPath | undefined {
    return this.#isClosed ? undefined : this.#connection.path;
  }

  /** `sendAll` that may have to do the handshake first. */
  async #sendFirst(data: Sendable): Promise<void> {
    const operation = 'sendAll()';
    await rejectIfCancelled(operation);
    const bytes = toBytes(data, operation);
    await this.#sending.use(operation, async () => {
      this.#requireUsable(operation);
      const { path, hasWaited } = await this.#connection.ensureHandshake(operation);
      if (bytes.length > 0 || !hasWaited) await path.sendAll(bytes);
    });
  }

  /** `receiveSome` that may have to do the handshake first. */
  async #receiveFirst(maxBytes: number | undefined): Promise<Uint8Array | null> {
    const operation = 'receiveSome()';
    await rejectIfCancelled(operation);
    requireMaxBytes(maxBytes, Infinity);
    const connection = this.#connection;
    return await this.#receiving.use(operation, async () => {
      if (this.#isClosed) throw closedError(operation, this.#describe());
      if (connection.hasEndedSilently) return ready(null, operation);
      this.#requireUsable(operation);
      try {
        const { path } = await connection.ensureHandshake(operation);
        return await path.receiveSome(maxBytes);
      } catch (error) {
        const hasOnlyEnded = !this.#health.isHandshakeDone && connection.hasEndedSilently;
        if (hasOnlyEnded && error instanceof BrokenResourceError) return null;
        throw error;
      }
    });
  }

  #requireUsable(operation: string): void {
    if (this.#isClosed) throw closedError(operation, this.#describe());
    this.#health.requireUsable(operation);
  }

  #handshake(what: string): Handshake {
    const { handshake } = this.#connection;
    if (handshake !== undefined) return handshake;
    throw new StateError(
      `${what} is known only after the TLS handshake, which has not been done; call doHandshake(), or send or receive something`,
    );
  }

  get #state(): string {
    if (this.#isClosed) return 'closed';
    if (this.#health.isBroken) return 'broken';
    return this.#connection.handshake === undefined ? 'before the handshake' : 'open';
  }

  #describe(): string {
    const { localAddress, remoteAddress } = this;
    const name = describeConnection(localAddress, remoteAddress).replace('the connection', 'the TLS connection');
    return this.#serverHostname === undefined ? name : `${name} to ${this.#serverHostname}`;
  }
}
