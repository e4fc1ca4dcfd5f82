import { InternalError } from '@tercet/core';
import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { CipherNameAndProtocol, Server, TLSSocket } from 'node:tls';
import { isDocumentedOnly } from '../undocumented/documented-only.ts';
import { watchLateErrors } from '../undocumented/verify-error.ts';
import type { Hold, PreparedClient, PreparedTls } from './tls-options.ts';
import { distrustOf, errorWithCode } from './verify-client.ts';
import type { ClientPolicy } from './verify-client.ts';

/** The results of a handshake. */
export interface HandshakeDetails {
  readonly protocol: string;
  readonly cipher: CipherNameAndProtocol;
  readonly alpnProtocol: string | undefined;
  /** Servers: the name that the client has asked for. */
  readonly serverName: string | undefined;
  readonly peerCertificate: X509Certificate | undefined;
  readonly isSessionReused: boolean;
}

/** Called, from events of Node, as a handshake goes on. */
export interface HandshakeEvents {
  /** The socket has been made, and nothing has been received on it. The first call, or just before the last one. */
  onSocket(socket: TLSSocket): void;
  onDone(): void;
  onFailure(error: Error): void;
  /** The handshake is done, but the client cannot be trusted. It must get nothing more, no session tickets either. */
  onRefusal(error: Error): void;
}

/**
 * A handshake, from the first record on. It is done when both sides have the keys and the peer has been verified. Node
 * verifies a server; `verify-client.ts` decides about a client.
 */
export class Handshake {
  /** Why the certificate of the peer cannot be trusted, if that is allowed. */
  authorizationError: Error | undefined = undefined;
  /** The last session that a client has received. */
  session: Uint8Array | undefined = undefined;

  readonly isServer: boolean;
  readonly #events: HandshakeEvents;
  #socket: TLSSocket | undefined = undefined;
  #details: HandshakeDetails | undefined = undefined;

  /** Starts TLS over `stream`. @param hold called while Node waits for code of the user. */
  constructor(tls: PreparedTls, stream: Duplex, events: HandshakeEvents, hold: Hold = noHold) {
    this.#events = events;
    this.isServer = tls.clients !== undefined;
    if (tls.clients === undefined) this.#connect(tls, tls.connect(stream));
    else if (isDocumentedOnly() && tls.createServer !== undefined)
      this.#serve(tls.clients, tls.createServer(hold), stream);
    else this.#accept(tls.clients, tls.accept(stream, hold));
  }

  /** `undefined` at first, if a `tls.Server` does the handshake. */
  get socket(): TLSSocket | undefined {
    return this.#socket;
  }

  get isDone(): boolean {
    return this.#details !== undefined;
  }

  /** Its results, also after the socket has been destroyed. */
  get details(): HandshakeDetails {
    if (this.#details === undefined) throw new InternalError('the details of a TLS handshake are not there yet');
    return this.#details;
  }

  #connect(tls: PreparedClient, socket: TLSSocket): void {
    this.#has(socket);
    socket.on('session', (session: Buffer) => (this.session = tls.mark(session)));
    socket.on('secureConnect', () => {
      const reason = socket.authorizationError as Error | string | null;
      if (reason) this.authorizationError = typeof reason === 'string' ? errorWithCode(reason) : reason;
      this.#finish(socket);
    });
  }

  #accept(clients: ClientPolicy, socket: TLSSocket): void {
    this.#has(socket);
    watchLateErrors(socket, (error) => this.#events.onFailure(error));
    socket.on('secure', () => this.#verify(clients, socket));
  }

  /** The documented way to verify clients: a `tls.Server` for one connection. */
  #serve(clients: ClientPolicy, server: Server, stream: Duplex): void {
    server.on('secureConnection', (socket) => {
      this.#has(socket);
      this.#verify(clients, socket);
    });
    server.on('tlsClientError', (error, socket) => {
      const reason = socket.authorizationError as unknown as string | null;
      if (reason) this.#events.onRefusal(errorWithCode(reason));
      else this.#events.onFailure(error);
    });
    server.emit('connection', stream);
  }

  #has(socket: TLSSocket): void {
    this.#socket = socket;
    socket.on('error', (error) => this.#events.onFailure(error));
    this.#events.onSocket(socket);
  }

  #verify(clients: ClientPolicy, socket: TLSSocket): void {
    const error = distrustOf(socket, clients);
    if (error !== undefined && clients.rejectUnauthorized) return this.#events.onRefusal(error);
    this.authorizationError = error;
    this.#finish(socket);
  }

  // Read now, because a destroyed socket does not know them.
  #finish(socket: TLSSocket): void {
    const { servername } = socket as { servername?: string | false | null };
    this.#details = {
      protocol: socket.getProtocol() ?? 'unknown',
      cipher: socket.getCipher(),
      alpnProtocol: socket.alpnProtocol || undefined,
      serverName: servername || undefined,
      peerCertificate: socket.getPeerX509Certificate(),
      isSessionReused: socket.isSessionReused(),
    };
    this.#events.onDone();
  }
}

const noHold = (): (() => void) => () => undefined;
