import { StateError } from '@tercet/core';
import { AsyncResource } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { ServerOptions as HttpsServerOptions } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, createSecureContext, createServer, TLSSocket } from 'node:tls';
import type { CommonConnectionOptions, ConnectionOptions, SecureContextOptions, Server } from 'node:tls';
import { domainToASCII } from 'node:url';
import { requireHost } from '../addresses/require-port.ts';
import { isDocumentedOnly } from '../undocumented/documented-only.ts';
import { markedSession, sessionFor } from './marked-session.ts';
import { clientPolicyOf, sessionIdContextOf } from './verify-client.ts';
import type { ClientPolicy } from './verify-client.ts';

/**
 * How the two sides of a TLS connection identify themselves and what they accept: options of `node:tls`, passed on as they
 * are. `secureContext`, when given, stands for all of the options about certificates, keys, protocols and ciphers; a server
 * that asks for certificates needs one with a `sessionIdContext`, or it refuses clients that resume sessions.
 *
 * @example
 * const options: TlsOptions = {
 *   minVersion: 'TLSv1.3',
 *   ALPNProtocols: ['h2', 'http/1.1'],
 *   checkServerIdentity: (host, certificate) =>
 *     certificate.subject?.CN === 'internal' ? undefined : new Error(`${host} is not ours`),
 * };
 */
export interface TlsOptions extends SecureContextOptions, CommonConnectionOptions {
  /** Clients: checks the certificate against the name; returns an error when it does not fit. That of Node when left out. */
  readonly checkServerIdentity?: ConnectionOptions['checkServerIdentity'];
  /** Clients: the `session` of an earlier stream to the same server, to make the handshake shorter. */
  readonly session?: Uint8Array | undefined;
  /** Clients: the smallest Diffie-Hellman group that is accepted, in bits. */
  readonly minDHSize?: number | undefined;
}

/**
 * How a `TlsStream` is made.
 *
 * @example
 * // TLS over any stream: here over two ends in memory, so that the peer never answers.
 * const [transport] = memoryStreamPair();
 * const options: TlsStreamOptions = { serverHostname: 'example.org', httpsCompatible: true };
 * const stream = new TlsStream(transport, options);
 * await moveOnAfter(5, () => stream.doHandshake());
 */
export interface TlsStreamOptions extends TlsOptions {
  /** Whether it is the server of this connection, which needs `key` and `cert`; a client when left out. */
  readonly serverSide?: boolean;
  /** Clients: the name or the IP address of the server, which its certificate has to bear. */
  readonly serverHostname?: string;
  /**
   * Whether the connection may end without a close_notify: the end of the transport then counts as the end of the data, and
   * `close` sends none. Only for protocols in which a message shows whether it is complete, such as HTTP. False by default.
   */
  readonly httpsCompatible?: boolean;
}

/** Called when Node begins to wait for code of the user. @returns a function to be called when that has ended. */
export type Hold = () => () => void;

/** Options that have been checked. Starts TLS over streams of Node. */
export type PreparedTls = PreparedClient | PreparedServer;

export interface PreparedClient {
  readonly clients: undefined;
  connect(stream: Duplex): TLSSocket;
  /** Marks a session that the server has sent with the server's name. */
  mark(session: Uint8Array): Uint8Array;
}

export interface PreparedServer {
  /** Its requirements for clients. */
  readonly clients: ClientPolicy;
  accept(stream: Duplex, hold: Hold): TLSSocket;
  /**
   * Makes a `tls.Server` that does the same. `undefined` with a `secureContext` of the user, which Node's servers do not
   * take.
   */
  readonly createServer: ((hold: Hold) => Server) | undefined;
}

type SniCallback = NonNullable<CommonConnectionOptions['SNICallback']>;
type CheckServerIdentity = NonNullable<ConnectionOptions['checkServerIdentity']>;

/** With this high-water mark, 'drain' means that everything has been written. */
const highWaterMark = 1;

/** Turns Node's limit for handshakes off: milliseconds. */
const NO_TIMEOUT = 2 ** 31 - 1;

/** A limit in milliseconds as Node takes it, for which 0 would be two minutes, and Infinity an error. */
export function timeoutOfNode(milliseconds: number): number {
  return Math.min(Math.max(milliseconds, 1), NO_TIMEOUT);
}

/**
 * Checks the options, and reads certificates and keys.
 *
 * @throws {TypeError} when a client cannot verify its server, a server has no certificate, or an option has another type.
 * @throws {RangeError} when the name of the server is not one.
 * @throws the error of Node when a certificate, a key or another option is wrong.
 */
export function prepareTls(options: TlsStreamOptions, operation: string): PreparedTls {
  return options.serverSide === true ? prepareServer(options, operation) : prepareClient(options, operation);
}

/** The same for a server. The result serves many connections, and resumes the sessions of each. */
export function prepareServer(options: TlsOptions, operation: string): PreparedServer {
  requireCertificate(options, operation);
  const clients = clientPolicyOf(options, operation);
  const { SNICallback, secureContext, session: _, ...rest } = options;
  const choose = SNICallback === undefined ? undefined : AsyncResource.bind(SNICallback);
  const chooseWith = (hold: Hold): { SNICallback?: SniCallback } =>
    choose === undefined ? {} : { SNICallback: holding(choose, hold) };
  if (isDocumentedOnly() && secureContext !== undefined && clients.requestCert) {
    throw new StateError(
      `${operation}: with TERCET_DOCUMENTED_ONLY=1, a server with a secureContext cannot verify clients; pass key, cert and ca`,
    );
  }
  // As tls.createServer does.
  const own = {
    ...rest,
    ...clients,
    highWaterMark,
    honorCipherOrder: options.honorCipherOrder ?? true,
    sessionIdContext: options.sessionIdContext ?? sessionIdContextOf(options, clients),
    ticketKeys: options.ticketKeys ?? randomBytes(48),
  };
  const context = secureContext ?? createSecureContext(own);
  return {
    clients,
    accept: (stream, hold) =>
      new TLSSocket(stream, { ...own, ...chooseWith(hold), secureContext: context, isServer: true }),
    createServer:
      secureContext === undefined
        ? (hold) => createServer({ ...own, ...chooseWith(hold), handshakeTimeout: NO_TIMEOUT })
        : undefined,
  };
}

/**
 * Checks the options of a server, and returns them as `https.createServer` takes them, which then does the rest.
 *
 * @throws {TypeError} when there is no certificate, or an option has another type.
 */
export function httpsOptionsOf(options: TlsOptions, operation: string): HttpsServerOptions {
  const { SNICallback, secureContext, session: _, ...rest } = options;
  if (secureContext !== undefined) {
    throw new TypeError(`${operation}: an HTTPS server cannot take a secureContext; pass key and cert`);
  }
  requireCertificate(options, operation);
  const choose =
    SNICallback === undefined ? undefined : holding(AsyncResource.bind(SNICallback), () => () => undefined);
  return {
    ...rest,
    ...clientPolicyOf(options, operation),
    ...(choose === undefined ? undefined : { SNICallback: choose }),
  };
}

function prepareClient(options: TlsStreamOptions, operation: string): PreparedClient {
  const { serverHostname, httpsCompatible: _, checkServerIdentity, session, ...rest } = options;
  if (serverHostname === undefined && checkServerIdentity === undefined && options.rejectUnauthorized !== false) {
    throw new TypeError(
      `${operation}: a client needs serverHostname, the name that the certificate of the server has to bear`,
    );
  }
  const check = checkServerIdentity === undefined ? undefined : catching(AsyncResource.bind(checkServerIdentity));
  const server = serverHostname === undefined ? {} : nameOf(serverHostname, operation);
  const isVerified = options.rejectUnauthorized !== false;
  const earlier = session === undefined ? undefined : sessionFor(session, server.host, isVerified);
  const target = {
    ...rest,
    highWaterMark,
    secureContext: options.secureContext ?? createSecureContext(options),
    ...(earlier === undefined ? undefined : { session: earlier }),
    ...(check === undefined ? undefined : { checkServerIdentity: check }),
    ...server,
  };
  return {
    clients: undefined,
    connect: (socket) => connect({ ...target, socket }),
    mark: (received) => markedSession(received, server.host),
  };
}

// Node calls callbacks of the user where records come in. So they are bound to the async context in which they were passed,
// and their errors are caught, which would end the process there.

function holding(choose: SniCallback, hold: Hold): SniCallback {
  return (name, done) => {
    const release = hold();
    let isChosen = false;
    const choice: typeof done = (error, context) => {
      if (isChosen) return;
      isChosen = true;
      done(error, context);
      release();
    };
    try {
      const returned: unknown = choose(name, choice);
      if (returned !== undefined) Promise.resolve(returned).catch(choice);
    } catch (error) {
      choice(error as Error);
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
  // A certificate may also come from SNICallback. With pre-shared keys there is none.
  if ([secureContext, cert, pfx, SNICallback, pskCallback].some((each) => each !== undefined)) return;
  throw new TypeError(`${operation}: the server side needs a certificate: pass key and cert, or a secureContext`);
}

// The name as it is sent: in ASCII, without the final dot. An address is checked against the certificate, but must not be
// sent as a name (RFC 6066, section 3).
function nameOf(serverHostname: string, operation: string): ConnectionOptions {
  requireHost(serverHostname, operation);
  if (isIP(serverHostname) !== 0) return { host: serverHostname };
  const host = domainToASCII(serverHostname).replace(/\.$/, '');
  if (host === '') throw new RangeError(`${operation}: ${JSON.stringify(serverHostname)} is not a host name`);
  return isIP(host) === 0 ? { servername: host, host } : { host };
}
