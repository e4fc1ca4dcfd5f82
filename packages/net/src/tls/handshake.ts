import { InternalError } from '@tercet/core';
import type { X509Certificate } from 'node:crypto';
import type { CipherNameAndProtocol, TLSSocket } from 'node:tls';

/** What a server wants of its clients. */
export interface ClientPolicy {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

/** What a handshake has resulted in. */
export interface HandshakeDetails {
  readonly protocol: string;
  readonly cipher: CipherNameAndProtocol;
  readonly alpnProtocol: string | undefined;
  /** Of a server: the name that the client has asked for. */
  readonly serverName: string | undefined;
  readonly peerCertificate: X509Certificate | undefined;
  readonly isSessionReused: boolean;
}

/** Who is told how a handshake goes on. Called from events of Node. */
export interface HandshakeEvents {
  onDone(): void;
  onFailure(error: Error): void;
}

// What Node has no public name for: the result of verifying a client's certificate without a tls.Server.
interface WithHandle {
  readonly _handle?: { verifyError?(): (Error & { code?: string }) | null } | null;
}

/** The handshake of a TLS socket of Node. It is done when the keys are there and the peer is who it should be. */
export class Handshake {
  /** Why the certificate of the peer is not trusted, when that is allowed. */
  authorizationError: Error | undefined = undefined;
  /** The last session ticket that a client has got. */
  session: Uint8Array | undefined = undefined;

  readonly socket: TLSSocket;
  readonly isServer: boolean;
  readonly #events: HandshakeEvents;
  #details: HandshakeDetails | undefined = undefined;

  /** @param clients of a server: whether they have to show a certificate, and one that is trusted. */
  constructor(socket: TLSSocket, clients: ClientPolicy | undefined, events: HandshakeEvents) {
    this.socket = socket;
    this.isServer = clients !== undefined;
    this.#events = events;
    socket.on('session', (session: Buffer) => (this.session = session));
    socket.on('error', (error) => events.onFailure(error));
    // Where Node leaves errors after the handshake of a server's socket that belongs to no tls.Server.
    socket.on('_tlsError', (error: Error) => events.onFailure(error));
    // A client has verified its server when it says 'secureConnect'; of a server, that is left to us.
    if (clients === undefined) socket.on('secureConnect', () => this.#onClientSecure());
    else socket.on('secure', () => this.#onServerSecure(clients));
  }

  get isDone(): boolean {
    return this.#details !== undefined;
  }

  /** What it has resulted in; known from then on, also when the socket has been destroyed. */
  get details(): HandshakeDetails {
    if (this.#details === undefined) throw new InternalError('the details of a TLS handshake are not there yet');
    return this.#details;
  }

  #onClientSecure(): void {
    const reason = this.socket.authorizationError as Error | string | null;
    if (reason) this.authorizationError = asError(reason);
    this.#finish();
  }

  #onServerSecure({ requestCert, rejectUnauthorized }: ClientPolicy): void {
    if (requestCert) {
      const handle = (this.socket as unknown as WithHandle)._handle;
      // Without a way to ask, nobody is trusted.
      const error = handle?.verifyError === undefined ? new Error('unable to verify the client') : handle.verifyError();
      if (error !== null && rejectUnauthorized) return this.#events.onFailure(error);
      this.authorizationError = error ?? undefined;
    }
    this.#finish();
  }

  // Read now, because a socket that has been destroyed knows nothing any more.
  #finish(): void {
    const { socket } = this;
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

function asError(reason: Error | string): Error {
  return typeof reason === 'string' ? Object.assign(new Error(reason), { code: reason }) : reason;
}
