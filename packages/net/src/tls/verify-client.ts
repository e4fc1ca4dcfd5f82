import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { verifyErrorOf } from '../undocumented/verify-error.ts';
import type { TlsOptions } from './tls-options.ts';

// Where the certificate of a client is checked. Both paths of TLS, and both ways to make a server's socket, take their
// defaults and the verdict from here. The certificate of a server is checked by Node, in `tls.connect`.

/** A server's requirements for its clients. */
export interface ClientPolicy {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

/**
 * The policy in the options, with the defaults of `tls.createServer`.
 *
 * @throws {TypeError} when one of them is not a boolean: a wrong guess could let a client in.
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
 * The default mark of sessions. A server resumes only sessions with its own mark. Without one, OpenSSL refuses every client
 * that resumes a session and is asked for a certificate. Servers that trust different clients have different marks, even if
 * they share `ticketKeys`, because the client of a resumed session is not verified again.
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
  // OpenSSL accepts a resumed session of TLS 1.3 whose client never had a certificate.
  if (socket.getPeerX509Certificate() !== undefined) return undefined;
  return errorWithCode('UNABLE_TO_GET_ISSUER_CERT', 'the client has shown no certificate');
}

/** The error for a reason that Node gives as a code. */
export function errorWithCode(code: string, message: string = code): Error {
  return Object.assign(new Error(message), { code });
}

function verificationErrorOf(socket: TLSSocket): Error | undefined {
  // A tls.Server has asked OpenSSL already, and has set one or the other.
  if (socket.authorized) return undefined;
  const reason = socket.authorizationError as Error | string | null | undefined;
  if (reason) return typeof reason === 'string' ? errorWithCode(reason) : reason;
  const error = verifyErrorOf(socket);
  if (error !== undefined) return error ?? undefined;
  return new Error('there is no way to find out whether the certificate of the client can be trusted');
}
