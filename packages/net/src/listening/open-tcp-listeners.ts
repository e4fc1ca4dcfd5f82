import { listen } from './listen.ts';
import { openOnEachAddress } from './open-on-each-address.ts';
import { SocketListener } from './socket-listener.ts';

/**
 * How to listen.
 *
 * @example
 * const options: OpenTcpListenersOptions = { host: '127.0.0.1', backlog: 128 };
 * const [listener] = await openTcpListeners(0, options); // 0: a port that is free
 * console.log(listener!.port);
 * await listener!.close();
 */
export interface OpenTcpListenersOptions {
  /** A name or an IP address; all of the machine's addresses when left out. */
  readonly host?: string;
  /** How many connections the operating system keeps waiting; as many as it can when left out. */
  readonly backlog?: number;
  /**
   * Whether other processes may listen on the same port, if they ask for the same, and connections are spread over them.
   * Not on Node 20.
   */
  readonly reusePort?: boolean;
  /** Whether small pieces of data are sent at once instead of being collected; true when left out. */
  readonly noDelay?: boolean;
}

/**
 * Listens for TCP connections, on each of the addresses that `host` stands for: without a host that is one listener for
 * IPv6 and one for IPv4. A family that the machine does not have is left out.
 *
 * A checkpoint. When it is cancelled, it leaves nothing open.
 *
 * @param port 0 for one that is free, the same for all listeners; `listener.port` is that port.
 * @throws the error of the operating system when it cannot listen there, for instance one with code `EADDRINUSE`.
 * @throws {ConnectionFailedError} when the host has no address.
 * @throws {TypeError} when an argument has another type. @throws {RangeError} when the port cannot exist.
 * @throws {StateError} when `reusePort` is asked of a Node that does not have it.
 * @example
 * const [listener] = await openTcpListeners(0, { host: '127.0.0.1' });
 */
export async function openTcpListeners(port: number, options: OpenTcpListenersOptions = {}): Promise<SocketListener[]> {
  const { noDelay = true } = options;
  return await openOnEachAddress(
    port,
    options,
    'openTcpListeners()',
    async (target) => new SocketListener(await listen(target), { noDelay }),
  );
}
