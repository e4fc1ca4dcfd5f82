import type { TLSSocket } from 'node:tls';
import { isDocumentedOnly } from './documented-only.ts';
import { handleOf } from './handle.ts';

/**
 * What OpenSSL says of a client's certificate, on a server's socket that belongs to no `tls.Server`; `null` when it can be
 * trusted, `undefined` when there is no way to find out.
 */
export function verifyErrorOf(socket: TLSSocket): Error | null | undefined {
  const handle = isDocumentedOnly() ? undefined : handleOf(socket);
  return handle?.verifyError === undefined ? undefined : handle.verifyError();
}

/** Calls `onError` for errors after the handshake, which Node reports to nobody on such a socket. */
export function watchLateErrors(socket: TLSSocket, onError: (error: Error) => void): void {
  if (!isDocumentedOnly()) socket.on('_tlsError', onError);
}
