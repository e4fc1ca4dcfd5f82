/**
 * A listener that knows its address, such as a `SocketListener` of `@tercet/net`.
 *
 * @example
 * const describe = ({ localAddress }: SocketListenerLike): string => `${localAddress.address}:${localAddress.port}`;
 * describe({ localAddress: { family: 'IPv4', address: '127.0.0.1', port: 8080 } });
 */
export interface SocketListenerLike {
  readonly localAddress: {
    readonly family: 'IPv4' | 'IPv6' | 'unix';
    /** An IP address, or the path of a Unix socket. */
    readonly address: string;
    readonly port: number;
  };
}

/**
 * The functions that connect. The module `@tercet/net` has them.
 *
 * @example
 * const [listener] = await openTcpListeners(0, { host: '127.0.0.1' });
 * const connectors: SocketConnectors<SocketStream> = { openTcpStream, openUnixSocket };
 * await using client = await openStreamToSocketListener(listener!, connectors);
 * await listener!.close();
 */
export interface SocketConnectors<T, U = T> {
  readonly openTcpStream: (host: string, port: number) => PromiseLike<T>;
  /** Only needed for listeners on Unix sockets. */
  readonly openUnixSocket?: ((path: string) => PromiseLike<U>) | undefined;
}

/** The loopback address for each address that stands for all addresses of the machine. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * Connects to a listener of this machine, over TCP or a Unix socket. If it listens on all addresses, it connects to the loopback
 * address.
 *
 * This package does not depend on `@tercet/net`, so the functions that connect are passed to it.
 *
 * A checkpoint, like the function that connects.
 *
 * @throws any error of the function that connects.
 * @throws {TypeError} when the listener is on a Unix socket and `openUnixSocket` is missing.
 * @example
 * import * as net from '@tercet/net';
 *
 * const [listener] = await net.openTcpListeners(0);
 * await using client = await openStreamToSocketListener(listener, net);
 */
export async function openStreamToSocketListener<T, U = T>(
  listener: SocketListenerLike,
  connectors: SocketConnectors<T, U>,
): Promise<T | U> {
  const { family, address, port } = listener.localAddress;
  if (family !== 'unix') return await connectors.openTcpStream(LOOPBACK[address] ?? address, port);
  if (connectors.openUnixSocket === undefined) {
    throw new TypeError(`openStreamToSocketListener(): to connect to ${address}, openUnixSocket is needed`);
  }
  return await connectors.openUnixSocket(address);
}
