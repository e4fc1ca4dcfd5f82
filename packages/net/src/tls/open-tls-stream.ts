import { openTcpStream } from '../connecting/open-tcp-stream.ts';
import type { OpenTcpStreamOptions } from '../connecting/open-tcp-stream.ts';
import type { SocketStream } from '../sockets/socket-stream.ts';
import { requireHost } from '../addresses/require-port.ts';
import { prepareTls } from './tls-options.ts';
import type { TlsStreamOptions } from './tls-options.ts';
import { tlsStreamOf } from './tls-stream.ts';
import type { TlsStream } from './tls-stream.ts';

const operation = 'openTlsStream()';

/**
 * How to connect, and how to do TLS over the connection. `serverHostname` is the host when left out.
 *
 * @example
 * const options: OpenTlsStreamOptions = {
 *   serverHostname: 'example.org', // the name that the certificate bears, where it is not the host
 *   minVersion: 'TLSv1.2',
 *   happyEyeballsDelay: { milliseconds: 100 },
 * };
 * await moveOnAfter(5, () => openTlsStream('127.0.0.1', 9, options).catch((error: unknown) => console.log(String(error))));
 */
export interface OpenTlsStreamOptions extends OpenTcpStreamOptions, Omit<TlsStreamOptions, 'serverSide'> {}

/**
 * Connects to a host over TCP, with TLS over it. The handshake has not been done when it returns: it happens when the
 * stream is first used, or with `doHandshake`.
 *
 * A checkpoint. When it is cancelled, it leaves no socket behind.
 *
 * @param host a name or an IP address, which the certificate of the server has to contain.
 * @throws {ConnectionFailedError} when no connection could be made.
 * @throws {TypeError} when an argument has another type. @throws {RangeError} when the port cannot exist, or the host is
 * not a name.
 * @throws the error of Node when a certificate, a key or another option of TLS is wrong.
 * @example
 * await using stream = await openTlsStream('example.org', 443);
 */
export async function openTlsStream(
  host: string,
  port: number,
  options: OpenTlsStreamOptions = {},
): Promise<TlsStream<SocketStream>> {
  requireHost(host, operation);
  const { happyEyeballsDelay: _delay, localAddress: _address, noDelay: _noDelay, ...rest } = options;
  const tlsOptions = { serverHostname: host, ...rest, serverSide: false };
  // Checked before connecting: the peer need not hear of wrong options.
  const tls = prepareTls(tlsOptions, operation);
  return tlsStreamOf(await openTcpStream(host, port, options), tlsOptions, tls);
}
