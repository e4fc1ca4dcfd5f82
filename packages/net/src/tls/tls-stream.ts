import { BrokenResourceError, BusyResourceError, checkpoint, StateError } from '@tercet/core';
import { checkpointIfCancelled, inspectAs, ready, rejectIfCancelled } from '@tercet/core/lowlevel';
import { closeForcefully } from '@tercet/streams';
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

/** Makes a stream with options that have been checked before. */
export let tlsStreamOf: <T extends Stream>(transport: T, options: TlsStreamOptions, tls: PreparedTls) => TlsStream<T>;

/** What sockets know of their ends, and TLS over them too. */
interface WithAddresses {
  readonly localAddress?: SocketAddress | undefined;
  readonly remoteAddress?: SocketAddress | undefined;
}

/**
 * TLS over any other stream, for instance over TCP, over memory, or over TLS.
 *
 * The handshake happens with the first `sendAll`, `receiveSome` or `close`, or with `doHandshake`. A client verifies the
 * certificate of its server and the name in it, unless options forbid it. An error of TLS, a bad certificate for
 * instance, is a `BrokenResourceError` whose `cause` is the error of Node; an error of the transport comes through as it
 * is. Either breaks the stream: all that can be done with it then is closing it.
 *
 * An end of the transport that the peer has not announced is a `BrokenResourceError` too, because somebody in between may
 * have cut off the rest; `httpsCompatible` takes it for the end.
 *
 * Cancelled while the handshake is under way, or while something is being sent, the stream is broken. A `receiveSome` that
 * is cancelled later loses nothing.
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

  readonly #serverHostname: string | undefined;
  readonly #health = new ConnectionHealth(() => this.#describe());
  readonly #connection: TlsConnection;
  // For the operations that have to do the handshake; after it, a path looks after its directions.
  readonly #sending = new Direction(this.#health, 'sending on');
  readonly #receiving = new Direction(this.#health, 'receiving from');
  #isClosed = false;

  /**
   * Does nothing yet with the transport, apart from checking the options.
   *
   * @param transport what the records go over. A stream over which something else has been sent before is fine.
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
    // TLS of Node that finds the first records read already goes on with buffers of their size, and needs twice as many
    // reads for what comes later (benchmark `net`).
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
   * The name of the server: a client's own option, and for a server what the client has asked for, `undefined` when
   * nothing. @throws {StateError} on a server before the handshake.
   */
  get serverHostname(): string | undefined {
    return this.serverSide ? this.#handshake('serverHostname').details.serverName : this.#serverHostname;
  }

  /** The protocol that both sides have agreed on by ALPN, if any. @throws {StateError} before the handshake. */
  get alpnProtocol(): string | undefined {
    return this.#handshake('alpnProtocol').details.alpnProtocol;
  }

  /** The certificate that the peer has shown, if any. @throws {StateError} before the handshake. */
  get peerCertificate(): X509Certificate | undefined {
    return this.#handshake('peerCertificate').details.peerCertificate;
  }

  /**
   * Why the certificate of the peer is not to be trusted, when `rejectUnauthorized: false` lets it be used all the same;
   * its `code` says it. @throws {StateError} before the handshake.
   */
  get authorizationError(): Error | undefined {
    return this.#handshake('authorizationError').authorizationError;
  }

  /** The version of TLS: `TLSv1.3`. @throws {StateError} before the handshake. */
  get protocol(): string {
    return this.#handshake('protocol').details.protocol;
  }

  /** What is used to encrypt. @throws {StateError} before the handshake. */
  get cipher(): CipherNameAndProtocol {
    return this.#handshake('cipher').details.cipher;
  }

  /** Whether the handshake has resumed an earlier session. @throws {StateError} before the handshake. */
  get isSessionReused(): boolean {
    return this.#handshake('isSessionReused').details.isSessionReused;
  }

  /**
   * Clients: what makes the handshake of a later stream to the same server shorter, as its option `session`; `undefined`
   * as long as the server has sent nothing of the kind. With TLS 1.3 it comes with the first data that is received. A stream
   * to another server does not use it.
   *
   * @throws {StateError} before the handshake.
   */
  get session(): Uint8Array | undefined {
    return this.#handshake('session').session;
  }

  /**
   * Bytes that only the two ends of this connection know (RFC 5705), to bind something else to it.
   *
   * @param length how many bytes. @param label what they are for, the same at both ends: `EXPORTER-…`.
   * @throws {StateError} before the handshake, or when the stream is closed.
   */
  exportKeyingMaterial(length: number, label: string, context: Uint8Array = new Uint8Array()): Uint8Array {
    const { socket } = this.#handshake('exportKeyingMaterial()');
    if (this.#isClosed || socket === undefined)
      throw new StateError(`exportKeyingMaterial(): ${this.#describe()} is closed`);
    return socket.exportKeyingMaterial(length, label, Buffer.from(context));
  }

  /**
   * Does the handshake now, for those who want to see errors of it before they send or receive, or need what has been
   * agreed on. Several tasks may call it; the handshake is done once. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; the stream is broken then.
   * @throws {BrokenResourceError} when there is no trust or no agreement. @throws what the transport throws.
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
   * Receives into memory of the caller, which saves making a chunk for it: the fastest way to read much. Otherwise like
   * `receiveSome`.
   *
   * @returns how many bytes of `target` have been filled, from its beginning; `null` at the end.
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
   * Tells the peer that nothing more will come, without waiting for an answer, and closes the transport. When there has
   * been no handshake yet it does that first, so that the peer can know. `httpsCompatible` streams, broken ones, and those
   * on which another task is sending close the transport only. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; the transport is closed then, forcefully.
   * @throws what the handshake or the transport throws; it is closed all the same.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return checkpoint();
    this.#isClosed = true;
    const isSending = this.#sending.isBusy || this.#connection.path?.isSending === true;
    if (!this.#health.isBroken && !isSending) {
      try {
        await checkpointIfCancelled();
        if (!this.httpsCompatible) await this.#connection.ensureHandshake('close()');
        await this.#finish();
      } catch (error) {
        this.#connection.discard();
        await this.#closeTransportForcefully();
        throw error;
      }
    }
    this.#connection.discard();
    await this.transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What everything goes through from the end of the handshake on, until the stream is closed. */
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

  async #finish(): Promise<void> {
    try {
      await this.#connection.path?.finish(this.httpsCompatible, 'close()');
    } catch (error) {
      // Then the peer is gone, or whoever uses the transport directly will have to say it.
      if (!(error instanceof BrokenResourceError || error instanceof BusyResourceError)) throw error;
    }
  }

  async #closeTransportForcefully(): Promise<void> {
    try {
      await closeForcefully(this.transport);
      // oxlint-disable-next-line @tercet/no-swallowed-cancel -- the caller throws
    } catch {
      // What has gone wrong before matters more, and is thrown by the caller: Cancelled again, most often.
    }
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
