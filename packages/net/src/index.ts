/**
 * Connections over TCP, TLS and Unix sockets, and datagrams: clients, listeners and servers.
 *
 * @packageDocumentation
 */

export { openTcpStream } from './connecting/open-tcp-stream.ts';
export type { OpenTcpStreamOptions } from './connecting/open-tcp-stream.ts';
export { ConnectionFailedError } from './addresses/connection-failed-error.ts';
/** @deprecated Tests import these from `@tercet/net/testing`. */
export { setHostnameResolver, setSocketFactory } from './testing.ts';
export type { HostnameResolver, ResolvedAddress, SocketFactory } from './testing.ts';

export { SocketStream } from './sockets/socket-stream.ts';
export { formatAddress } from './addresses/socket-address.ts';
export type { SocketAddress } from './addresses/socket-address.ts';

export { openTcpListeners } from './listening/open-tcp-listeners.ts';
export type { OpenTcpListenersOptions } from './listening/open-tcp-listeners.ts';
export { SocketListener } from './listening/socket-listener.ts';
export type { SocketListenerOptions } from './listening/socket-listener.ts';

export { serveListeners } from './serving/serve-listeners.ts';
export type { ServeOptions } from './serving/serve-listeners.ts';
export type { ConnectionHandler } from './serving/serve-connection.ts';
export type { OnHandlerError } from './serving/handler-errors.ts';
export { serveTcp } from './serving/serve-tcp.ts';

export { serveHttp } from './http/serve-http.ts';
export type { HttpListener, ServeHttpOptions } from './http/serve-http.ts';
export type { HttpHandler } from './http/exchange.ts';

export { openUdpSocket } from './udp/open-udp-socket.ts';
export type { OpenUdpSocketOptions } from './udp/open-udp-socket.ts';
export { UdpSocket } from './udp/udp-socket.ts';
export type { Datagram } from './udp/udp-socket.ts';

export { openUnixSocket } from './unix/open-unix-socket.ts';
export { openUnixListener } from './unix/open-unix-listener.ts';
export type { OpenUnixListenerOptions } from './unix/open-unix-listener.ts';
export { serveUnix } from './unix/serve-unix.ts';
export type { UnixPath } from './unix/unix-path.ts';

export { TlsStream } from './tls/tls-stream.ts';
export type { TlsOptions, TlsStreamOptions } from './tls/tls-options.ts';
export { openTlsStream } from './tls/open-tls-stream.ts';
export type { OpenTlsStreamOptions } from './tls/open-tls-stream.ts';
export { TlsListener } from './tls/tls-listener.ts';
export type { TcpTlsListener, TlsListenerOptions } from './tls/tls-listener.ts';
export { openTlsListeners } from './tls/open-tls-listeners.ts';
export type { OpenTlsListenersOptions } from './tls/open-tls-listeners.ts';
export { serveTls } from './tls/serve-tls.ts';
