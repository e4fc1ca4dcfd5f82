/** What has to be known of a listener: where it listens. A `SocketListener` of `@tercet/net` is one. */
export interface SocketListenerLike {
  readonly localAddress: {
    readonly family: 'IPv4' | 'IPv6' | 'unix';
    /** An IP address, or the path of a Unix socket. */
    readonly address: string;
    readonly port: number;
  };
}

/** How to connect: `@tercet/net` as a whole has these functions. */
export interface SocketConnectors<T, U = T> {
  readonly openTcpStream: (host: string, port: number) => PromiseLike<T>;
  /** Needed for listeners on Unix sockets only. */
  readonly openUnixSocket?: ((path: string) => PromiseLike<U>) | undefined;
}

/** What an address that stands for all of the machine's own is replaced by. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * Connects to a listener of this machine, over TCP or a Unix socket, wherever it listens: when that is every address, to
 * the loopback address.
 *
 * This package knows nothing of the network, so it is told how to connect.
 *
 * A checkpoint, as the function that connects is one.
 *
 * @throws what the function that connects throws.
 * @throws {TypeError} when the listener is one on a Unix socket and `openUnixSocket` is missing.
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
