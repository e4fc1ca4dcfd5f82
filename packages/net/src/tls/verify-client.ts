import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { verifyErrorOf } from '../undocumented/verify-error.ts';
import type { TlsOptions } from './tls-options.ts';

// The certificates of clients: what a server wants, and whether a client has it. Both paths of TLS, and both ways of making
// a server, take their defaults and their verdict from here. (A server is verified by Node's `tls.connect`.)

/** What a server wants of its clients. */
export interface ClientPolicy {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

/**
 * What the options say, with the defaults of `tls.createServer`.
 *
 * @throws {TypeError} when one of them is not a boolean: taking it for one could let somebody in.
 */
export function clientPolicyOf(options: TlsOptions, operation: string): ClientPolicy {
  const { requestCert = false, rejectUnauthorized = true } = options;
  for (const [name, value] of Object.entries({ requestCert, rejectUnauthorized })) {
    if (typeof value !== 'boolean')
      throw new TypeError(`${operation}: ${name} must be true or false, not ${typeof value}`);
  }
  return { requestCert, rejectUnauthorized };
}

/**
 * The mark that sessions carry, by default: a server resumes only those with its own. Without any, OpenSSL refuses every
 * client that resumes a session and is asked for a certificate. Servers that trust different clients have different marks,
 * also when they share `ticketKeys`, because a resumed session is not verified again.
 */
export function sessionIdContextOf(options: TlsOptions, policy: ClientPolicy): string {
  const { ca, crl, allowPartialTrustChain } = options;
  const trust = JSON.stringify([process.argv, policy, ca, crl, allowPartialTrustChain]);
  return createHash('sha256').update(trust).digest('hex').slice(0, 32);
}

/** Why the client of a finished handshake cannot be trusted; `undefined` when it can, or need not be. */
export function distrustOf(socket: TLSSocket, { requestCert }: ClientPolicy): Error | undefined {
  if (!requestCert) return undefined;
  const error = verificationErrorOf(socket);
  if (error !== undefined) return error;
  // OpenSSL has nothing against a resumed session of TLS 1.3 that never had a certificate.
  if (socket.getPeerX509Certificate() !== undefined) return undefined;
  return errorWithCode('UNABLE_TO_GET_ISSUER_CERT', 'the client has shown no certificate');
}

/** The error for a reason that Node gives as a code. */
export function errorWithCode(code: string, message: string = code): Error {
  return Object.assign(new Error(message), { code });
}

function verificationErrorOf(socket: TLSSocket): Error | undefined {
  // A server of Node has asked OpenSSL already, and answers one or the other.
  if (socket.authorized) return undefined;
  const reason = socket.authorizationError as Error | string | null | undefined;
  if (reason) return typeof reason === 'string' ? errorWithCode(reason) : reason;
  const error = verifyErrorOf(socket);
  if (error !== undefined) return error ?? undefined;
  return new Error('there is no way to find out whether the certificate of the client can be trusted');
}
