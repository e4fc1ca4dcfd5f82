import type { TLSSocket } from 'node:tls';
import { isDocumentedOnly } from './documented-only.ts';
import { handleOf } from './handle.ts';

/**
 * OpenSSL's verdict on a client's certificate, for a server's socket that does not belong to a `tls.Server`. `null` if the
 * certificate can be trusted; `undefined` if there is no way to find out.
 */
export function verifyErrorOf(socket: TLSSocket): Error | null | undefined {
  const handle = isDocumentedOnly() ? undefined : handleOf(socket);
  return handle?.verifyError === undefined ? undefined : handle.verifyError();
}

/** Calls `onError` for errors after the handshake, which Node does not report on such a socket. */
export function watchLateErrors(socket: TLSSocket, onError: (error: Error) => void): void {
  if (!isDocumentedOnly()) socket.on('_tlsError', onError);
}
