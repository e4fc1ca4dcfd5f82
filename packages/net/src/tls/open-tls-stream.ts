import { closeForcefully } from '@tercet/streams';
import { openTcpStream } from '../connecting/open-tcp-stream.ts';
import type { OpenTcpStreamOptions } from '../connecting/open-tcp-stream.ts';
import type { SocketStream } from '../sockets/socket-stream.ts';
import type { TlsStreamOptions } from './tls-options.ts';
import { TlsStream } from './tls-stream.ts';

/** How to connect, and how to do TLS over the connection. `serverHostname` is the host when left out. */
export interface OpenTlsStreamOptions extends OpenTcpStreamOptions, Omit<TlsStreamOptions, 'serverSide'> {}

/**
 * Connects to a host over TCP, with TLS over it. The handshake has not been done when it returns: it happens when the
 * stream is first used, or with `doHandshake`.
 *
 * A checkpoint. Cancelled, it leaves no socket behind.
 *
 * @param host a name or an IP address; what the certificate of the server has to bear.
 * @throws {ConnectionFailedError} when no connection could be made.
 * @throws {TypeError} when an argument has another type. @throws {RangeError} when the port cannot exist.
 * @throws the error of Node when a certificate, a key or another option of TLS is wrong.
 * @example
 * await using stream = await openTlsStream('example.org', 443);
 */
export async function openTlsStream(
  host: string,
  port: number,
  options: OpenTlsStreamOptions = {},
): Promise<TlsStream<SocketStream>> {
  const { happyEyeballsDelay: _delay, localAddress: _address, noDelay: _noDelay, ...tlsOptions } = options;
  const transport = await openTcpStream(host, port, options);
  try {
    return new TlsStream(transport, { serverHostname: host, ...tlsOptions, serverSide: false });
  } catch (error) {
    await closeForcefully(transport);
    throw error;
  }
}
