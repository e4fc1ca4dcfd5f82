import { AsyncResource } from 'node:async_hooks';
import { isIP } from 'node:net';
import { connect, createSecureContext, TLSSocket } from 'node:tls';
import type { CommonConnectionOptions, ConnectionOptions, SecureContextOptions } from 'node:tls';
import type { Duplex } from 'node:stream';

/**
 * How the two sides of a TLS connection identify themselves and what they accept: options of `node:tls`, passed on as they
 * are. `secureContext`, when given, stands for all of the options about certificates, keys, protocols and ciphers.
 */
export interface TlsOptions extends SecureContextOptions, CommonConnectionOptions {
  /** Clients: checks the certificate against the name; returns an error when it does not fit. That of Node when left out. */
  readonly checkServerIdentity?: ConnectionOptions['checkServerIdentity'];
  /** Clients: the `session` of an earlier stream, to make the handshake shorter. */
  readonly session?: Uint8Array | undefined;
  /** Clients: the smallest Diffie-Hellman group that is accepted, in bits. */
  readonly minDHSize?: number | undefined;
}

/** How a `TlsStream` is made. */
export interface TlsStreamOptions extends TlsOptions {
  /** Whether it is the server of this connection, which needs `key` and `cert`; a client when left out. */
  readonly serverSide?: boolean;
  /** Clients: the name or the IP address of the server, which its certificate has to bear. */
  readonly serverHostname?: string;
  /**
   * Whether the connection may end without a word: the end of the transport then counts as the end of the data, and
   * `close` says nothing either. Only for protocols that know by themselves whether a message is complete, like HTTP.
   * False when left out.
   */
  readonly httpsCompatible?: boolean;
}

/**
 * What the options have become when they have been checked: starts TLS over a stream of Node. `hold` is called when it has
 * to wait for code of the user, and what `hold` returns when that is over.
 */
export type TlsSetup = (socket: Duplex, hold: () => () => void) => TLSSocket;

type SniCallback = NonNullable<CommonConnectionOptions['SNICallback']>;
type CheckServerIdentity = NonNullable<ConnectionOptions['checkServerIdentity']>;

/**
 * Checks the options and reads certificates and keys.
 *
 * @returns what starts TLS over a stream of Node.
 * @throws {TypeError} when a client cannot verify its server, or a server has no certificate.
 * @throws the error of Node when a certificate, a key or another option is wrong.
 */
export function prepareTls(options: TlsStreamOptions, operation: string): TlsSetup {
  const { serverSide = false, serverHostname, httpsCompatible: _, checkServerIdentity, session, ...rest } = options;
  const secureContext = options.secureContext ?? createSecureContext(options);
  // With this mark 'drain' tells that all has been written.
  const bound = {
    ...rest,
    highWaterMark: 1,
    secureContext,
    ...(session === undefined ? undefined : { session: toBuffer(session) }),
  };
  if (serverSide) {
    requireCertificate(options, operation);
    const choose = rest.SNICallback === undefined ? undefined : AsyncResource.bind(rest.SNICallback);
    return (socket, hold) =>
      new TLSSocket(socket, {
        ...bound,
        ...(choose === undefined ? undefined : { SNICallback: holding(choose, hold) }),
        isServer: true,
      });
  }
  if (serverHostname === undefined && checkServerIdentity === undefined && options.rejectUnauthorized !== false) {
    throw new TypeError(
      `${operation}: a client needs serverHostname, the name that the certificate of the server has to bear`,
    );
  }
  const check = checkServerIdentity === undefined ? undefined : catching(AsyncResource.bind(checkServerIdentity));
  const target = {
    ...bound,
    ...(check === undefined ? undefined : { checkServerIdentity: check }),
    ...(serverHostname === undefined ? undefined : nameOf(serverHostname)),
  };
  return (socket) => connect({ ...target, socket });
}

/** Checks the options of all streams of a server at once, and reads its certificates only this time. */
export function prepareServer(options: TlsOptions, operation: string): TlsOptions {
  requireCertificate(options, operation);
  return { ...options, secureContext: options.secureContext ?? createSecureContext(options) };
}

// Callbacks of the user are called from wherever records come in, so they are bound to the context of the task that has
// passed them; and what they throw would end the process there.

function holding(choose: SniCallback, hold: () => () => void): SniCallback {
  return (name, done) => {
    const release = hold();
    try {
      choose(name, (error, context) => {
        done(error, context);
        release();
      });
    } catch (error) {
      done(error as Error);
      release();
    }
  };
}

function catching(check: CheckServerIdentity): CheckServerIdentity {
  return (name, certificate) => {
    try {
      return check(name, certificate);
    } catch (error) {
      return error as Error;
    }
  };
}

function requireCertificate(options: TlsOptions & { pskCallback?: unknown }, operation: string): void {
  const { secureContext, cert, pfx, SNICallback, pskCallback } = options;
  // It may also come from the SNICallback, and with keys that were agreed upon before there is none.
  if ([secureContext, cert, pfx, SNICallback, pskCallback].some((each) => each !== undefined)) return;
  throw new TypeError(`${operation}: the server side needs a certificate: pass key and cert, or a secureContext`);
}

// An address is checked against the certificate, but must not be sent as a name (RFC 6066, 3).
function nameOf(serverHostname: string): ConnectionOptions {
  return isIP(serverHostname) === 0 ? { servername: serverHostname, host: serverHostname } : { host: serverHostname };
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
