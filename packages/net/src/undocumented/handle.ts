import type { Server, Socket } from 'node:net';

// The objects of Node's native code that lie beneath servers and sockets. Each of their members is checked before it is
// used, by each file of this folder for itself.

/** Beneath a socket. */
export interface SocketHandle {
  readonly fd?: unknown;
  close(): void;
  setNoDelay?(on: boolean): unknown;
  /** Asks the operating system for bytes; `EALREADY` when it is being asked already. */
  readStart(): number;
  /** Lets it read to this memory. */
  useUserBuffer(memory: Uint8Array): void;
  /** Number of bytes that have been passed to it and not been passed on. */
  readonly writeQueueSize: number;
  /**
   * Passes bytes to the operating system. The bytes that it does not take at once go with the request. @returns an error
   * code.
   */
  writeBuffer(request: object, bytes: Uint8Array): number;
  /** TLS: the result of verifying the peer's certificate. */
  verifyError?(): Error | null;
}

/** Beneath a server. */
export interface ServerHandle {
  onconnection?: (status: number, client?: SocketHandle) => void;
}

export function handleOf(socket: Socket): SocketHandle | undefined;
export function handleOf(server: Server): ServerHandle | undefined;
export function handleOf(owner: object): object | undefined {
  return (owner as { _handle?: object | null })._handle ?? undefined;
}

/** The methods that a socket calls on its handle. They do nothing: for probes. */
export const dummyHandle = {
  readStart: (): number => 0,
  readStop: (): number => 0,
  getAsyncId: (): number => 0,
  close: (done?: () => void): void => done?.(),
};
