import { openTcpListeners } from '../listening/open-tcp-listeners.ts';
import type { OpenTcpListenersOptions } from '../listening/open-tcp-listeners.ts';
import { prepareServer } from './tls-options.ts';
import { tlsListenerOf } from './tls-listener.ts';
import type { TcpTlsListener, TlsListenerOptions } from './tls-listener.ts';

/**
 * Where to listen, and the options of TLS. `key` and `cert` are required.
 *
 * @example
 * const options: OpenTlsListenersOptions = { host: '127.0.0.1', key, cert, minVersion: 'TLSv1.3' };
 * const [listener] = await openTlsListeners(0, options);
 * await listener!.close();
 */
export interface OpenTlsListenersOptions extends OpenTcpListenersOptions, TlsListenerOptions {}

/**
 * Listens for TLS connections over TCP, on each of the addresses that `host` stands for, as `openTcpListeners` does.
 *
 * A checkpoint. When it is cancelled, it leaves nothing open.
 *
 * @param port 0 for one that is free, the same for all listeners; `listener.port` is that port.
 * @throws the error of the operating system when it cannot listen there.
 * @throws {TypeError} when there is no certificate. @throws the error of Node when an option of TLS is wrong.
 * @example
 * const [listener] = await openTlsListeners(0, { host: '127.0.0.1', key, cert });
 */
export async function openTlsListeners(port: number, options: OpenTlsListenersOptions): Promise<TcpTlsListener[]> {
  const tls = prepareServer(options, 'openTlsListeners()');
  const listeners = await openTcpListeners(port, options);
  return listeners.map((listener) => tlsListenerOf(listener, options, tls));
}
