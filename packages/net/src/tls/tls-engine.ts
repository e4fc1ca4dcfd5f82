import { InternalError } from '@tercet/core';
import { WaitQueue } from '@tercet/core/lowlevel';
import type { X509Certificate } from 'node:crypto';
import type { CipherNameAndProtocol, TLSSocket } from 'node:tls';
import { ChunkQueue } from './chunk-queue.ts';
import { CipherDuplex } from './cipher-duplex.ts';
import type { TlsSetup } from './tls-options.ts';

/** A piece of data on its way through the engine. */
export interface Written {
  isDone: boolean;
}

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

// What Node has no public name for: the result of verifying a client's certificate without a tls.Server.
interface WithHandle {
  readonly _handle?: { verifyError?(): (Error & { code?: string }) | null } | null;
}

/**
 * TLS without a connection: takes records, gives plain text, and the other way round. It is Node's TLS over a stream that
 * leads nowhere. Node does some of its work in later turns of the event loop; until it has done so the engine is busy, and
 * what it needs next cannot be told.
 */
export class TlsEngine {
  readonly socket: TLSSocket;
  /** What the peer has sent. */
  readonly plaintext: ChunkQueue = new ChunkQueue();
  /** The records that have to be sent to the peer. */
  readonly output: ChunkQueue = new ChunkQueue();
  /** Whether the handshake is through, and the peer is who it should be. */
  isSecure = false;
  /** Whether the peer has said that nothing more will come. */
  hasEnded = false;
  /** What has gone wrong. */
  failure: Error | undefined = undefined;
  /** Why the certificate of the peer is not trusted, when that is allowed. */
  authorizationError: Error | undefined = undefined;
  /** The last session ticket that a client has got. */
  session: Uint8Array | undefined = undefined;

  readonly #duplex: CipherDuplex;
  readonly #settled = new WaitQueue<void>('TLS');
  #pending = 0;
  #isDestroyed = false;
  #details: HandshakeDetails | undefined = undefined;

  /** @param clients of a server: whether they have to show a certificate, and one that is trusted. */
  constructor(setup: TlsSetup, clients: ClientPolicy | undefined) {
    this.#duplex = new CipherDuplex({
      push: (bytes) => this.output.push(bytes),
      onWriting: (isWriting) => (isWriting ? this.#hold() : this.#releaseSoon()),
    });
    const socket = setup(this.#duplex, () => {
      this.#hold();
      return () => this.#releaseSoon();
    });
    this.socket = socket;
    this.#duplex.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.plaintext.push(chunk));
    socket.on('end', () => (this.hasEnded = true));
    socket.on('session', (session: Buffer) => (this.session = session));
    socket.on('error', (error) => this.#fail(error));
    // Where Node leaves errors after the handshake of a server's socket that belongs to no tls.Server.
    socket.on('_tlsError', (error: Error) => this.#fail(error));
    socket.on('close', () => {
      if (!this.hasEnded) this.#fail(new Error('the TLS of Node has given up without a reason'));
    });
    // A client has verified its server when it says 'secureConnect'; of a server, that is left to us.
    if (clients === undefined) socket.on('secureConnect', () => this.#onClientSecure());
    else socket.on('secure', () => this.#onServerSecure(clients));
    this.#touch();
  }

  /** What the handshake has resulted in; known from then on, also when it has been destroyed. */
  get details(): HandshakeDetails {
    if (this.#details === undefined) throw new InternalError('the details of a TLS handshake are not there yet');
    return this.#details;
  }

  /** Whether it has something to do that it will do by itself. */
  get isBusy(): boolean {
    return this.#pending > 0;
  }

  /** Waits until it is not busy. @throws {Cancelled} when the surrounding scope is cancelled. */
  async settled(): Promise<void> {
    while (this.#pending > 0 && !this.#isDestroyed) await this.#settled.wait(undefined);
  }

  /** Hands in what the peer has sent. */
  feed(records: Uint8Array): void {
    if (this.#isDestroyed) return;
    this.#duplex.push(records);
    this.#touch();
  }

  /** Hands in what is to be sent to the peer. Only when what was handed in before is done. */
  write(data: Uint8Array): Written {
    const written = { isDone: false };
    this.socket.write(data, (error) => {
      if (error === null || error === undefined) written.isDone = true;
      else this.#fail(error);
    });
    this.#touch();
    return written;
  }

  /** Says to the peer that nothing more will come. */
  end(): void {
    this.socket.end();
    this.#touch();
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.failure ??= new Error('it was closed');
    this.socket.destroy();
    this.#duplex.destroy();
    this.plaintext.clear();
    this.output.clear();
    this.#wakeAll();
  }

  #onClientSecure(): void {
    const reason = this.socket.authorizationError as Error | string | null;
    if (reason) this.authorizationError = asError(reason);
    this.#becomeSecure();
  }

  #onServerSecure({ requestCert, rejectUnauthorized }: ClientPolicy): void {
    if (requestCert) {
      const handle = (this.socket as unknown as WithHandle)._handle;
      // Without a way to ask, nobody is trusted.
      const error = handle?.verifyError === undefined ? new Error('unable to verify the client') : handle.verifyError();
      if (error !== null && rejectUnauthorized) return this.#fail(error);
      this.authorizationError = error ?? undefined;
    }
    this.#becomeSecure();
  }

  // Now, because a socket that has been destroyed knows nothing any more.
  #becomeSecure(): void {
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
    this.isSecure = true;
  }

  #fail(error: Error): void {
    this.failure ??= error;
  }

  /** Busy until Node has done all that follows from what it was given just now. */
  #touch(): void {
    this.#hold();
    this.#releaseSoon();
  }

  #hold(): void {
    this.#pending++;
  }

  #releaseSoon(): void {
    setImmediate(this.#release);
  }

  readonly #release = (): void => {
    if (--this.#pending === 0) this.#wakeAll();
  };

  #wakeAll(): void {
    while (this.#settled.wakeFirst());
  }
}

function asError(reason: Error | string): Error {
  return typeof reason === 'string' ? Object.assign(new Error(reason), { code: reason }) : reason;
}
