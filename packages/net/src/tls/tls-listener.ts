import { inspectAs } from '@tercet/core/lowlevel';
import type { Listener, Stream } from '@tercet/streams';
import type { SocketAddress } from '../addresses/socket-address.ts';
import type { SocketListener } from '../listening/socket-listener.ts';
import { formatAddress } from '../addresses/socket-address.ts';
import type { SocketStream } from '../sockets/socket-stream.ts';
import { prepareServer } from './tls-options.ts';
import type { PreparedTls, TlsOptions, TlsStreamOptions } from './tls-options.ts';
import { tlsStreamOf } from './tls-stream.ts';
import type { TlsStream } from './tls-stream.ts';

/**
 * How a `TlsListener` treats its connections: with options of `node:tls`.
 *
 * @example
 * const [transport] = await openTcpListeners(0, { host: '127.0.0.1' });
 * const options: TlsListenerOptions = { key, cert, requestCert: true, httpsCompatible: false };
 * await using listener = new TlsListener(transport!, options);
 * console.log(listener.port);
 */
export interface TlsListenerOptions extends TlsOptions {
  /** Whether connections may end without a close_notify; see `TlsStreamOptions`. False by default. */
  readonly httpsCompatible?: boolean;
}

/** Makes a listener with options that have been checked before. */
export let tlsListenerOf: (transport: SocketListener, options: TlsListenerOptions, tls: PreparedTls) => TcpTlsListener;

/** A listener may know its address. */
interface WithAddress {
  readonly localAddress?: SocketAddress;
  readonly port?: number;
}

/**
 * Accepts TLS connections: TLS over the connections of any other listener. `accept` does not wait for the handshake, so
 * that a silent peer does not hold up the others.
 *
 * @example
 * const [tcp] = await openTcpListeners(0, { host: '127.0.0.1' });
 * await using listener = new TlsListener(tcp!, { key, cert });
 */
export class TlsListener<T extends Stream = SocketStream, L extends Listener<T> = Listener<T>> implements Listener<
  TlsStream<T>
> {
  static {
    tlsListenerOf = (transport, options, tls) =>
      new (this as unknown as new (...args: unknown[]) => TcpTlsListener)(transport, options, tls);
    inspectAs(this, (listener) => `TlsListener over ${listener.#name}`);
  }

  /** The listener beneath. It belongs to this one, and is closed with it. */
  readonly transport: L;
  readonly #options: TlsStreamOptions;
  readonly #tls: PreparedTls;

  /**
   * Reads certificates and keys, once for all connections.
   *
   * @throws {TypeError} when there is no certificate. @throws the error of Node when an option is wrong.
   */
  constructor(transport: L & Listener<T>, options: TlsListenerOptions);
  constructor(transport: L & Listener<T>, options: TlsListenerOptions, tls?: PreparedTls) {
    const { httpsCompatible = false } = options;
    this.transport = transport;
    this.#options = { serverSide: true, httpsCompatible };
    this.#tls = tls ?? prepareServer(options, 'new TlsListener()');
  }

  /** Where it listens, when the listener beneath knows. */
  get localAddress(): SocketAddress | undefined {
    return (this.transport as WithAddress).localAddress;
  }

  /** The port on which it listens; 0 when there is none. */
  get port(): number {
    return (this.transport as WithAddress).port ?? 0;
  }

  /** Waits for the next connection, but not for its handshake: that happens when the stream is first used. A checkpoint. */
  async accept(): Promise<TlsStream<T>> {
    return tlsStreamOf(await this.transport.accept(), this.#options, this.#tls);
  }

  /** Closes the listener beneath. A checkpoint. */
  close(): Promise<void> {
    return this.transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #name(): string {
    return this.localAddress === undefined ? 'a listener' : formatAddress(this.localAddress);
  }
}

/**
 * A listener for TLS over TCP, as `openTlsListeners` opens it.
 *
 * @example
 * const addressOf = (listener: TcpTlsListener): string =>
 *   listener.localAddress === undefined ? 'nowhere' : formatAddress(listener.localAddress);
 */
export type TcpTlsListener = TlsListener<SocketStream, SocketListener>;
