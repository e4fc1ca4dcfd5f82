import { checkpoint, ClosedResourceError, StateError } from '@tercet/core';
import { inspectAs, ready, rejected, rejectIfCancelled, runOutside, WaitQueue } from '@tercet/core/lowlevel';
import type { Listener } from '@tercet/streams';
import { Server } from 'node:net';
import { addressOfServer, formatAddress } from '../addresses/socket-address.ts';
import type { SocketAddress } from '../addresses/socket-address.ts';
import { socketStreamOf } from '../sockets/socket-stream.ts';
import type { SocketStream } from '../sockets/socket-stream.ts';
import { acceptFrom } from './accepted-sockets.ts';
import type { Accepted } from './accepted-sockets.ts';
import { isHarmlessAcceptError } from './accept-errors.ts';

/** At most this number of connections waits for `accept`. */
const LIMIT = 1024;

/**
 * How a {@link SocketListener} treats its connections.
 *
 * @example
 * import { createServer } from 'node:net';
 * import { once } from 'node:events';
 *
 * // A server that other code has made, such as one whose descriptor a supervisor has passed on.
 * const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
 * await abandonable(once(server, 'listening'));
 * const options: SocketListenerOptions = { noDelay: true, onClose: () => console.log('stopped listening') };
 * await using listener = new SocketListener(server, options);
 */
export interface SocketListenerOptions {
  /** Whether small pieces of data are sent at once instead of being collected; true when left out. */
  readonly noDelay?: boolean;
  /** Where it listens, if the server itself does not know. */
  readonly localAddress?: SocketAddress;
  /** Called when it stops listening; for clean-up that cannot wait. */
  readonly onClose?: () => void;
}

/**
 * Accepts connections over TCP or a Unix socket.
 *
 * Node accepts connections whether or not a task waits for one. Up to 1024 of them wait here, unread; any more are closed,
 * and counted by `dropped`.
 *
 * @example
 * const [listener] = await openTcpListeners(0, { host: '127.0.0.1' });
 * await using open: SocketListener = listener!;
 * await openNursery(async (nursery) => {
 *   nursery.startSoon(async () => {
 *     await using client = await openTcpStream('127.0.0.1', open.port);
 *     await client.sendAll('hello');
 *   });
 *   await using stream = await open.accept();
 *   console.log(await stream.receiveSome(), open.dropped);
 * });
 */
export class SocketListener implements Listener<SocketStream> {
  static {
    inspectAs(this, (listener) => `SocketListener ${listener.#closed ? 'closed, ' : ''}${listener.#name}`);
  }

  readonly #server: Server;
  readonly #address: SocketAddress;
  readonly #onClose: (() => void) | undefined;
  /** Tasks in `accept`; only while `#waiting` is empty. */
  readonly #acceptors = new WaitQueue<SocketStream>('connection');
  /** Connections and errors that no task has taken. */
  readonly #waiting: (Accepted | { readonly error: Error })[] = [];
  #dropped = 0;
  #closed = false;

  /**
   * Makes a listener of a server of Node that listens, which from then on belongs to it. Make the server with
   * `allowHalfOpen` and `pauseOnConnect`.
   *
   * @throws {TypeError} when it is not a server of `node:net`. @throws {StateError} when it does not listen.
   */
  constructor(server: Server, options: SocketListenerOptions = {}) {
    if (!(server instanceof Server)) throw new TypeError('new SocketListener() takes a Server of node:net');
    if (!server.listening) throw new StateError('new SocketListener(): the server does not listen yet');
    this.#server = server;
    this.#address = options.localAddress ?? addressOfServer(server);
    this.#onClose = options.onClose;
    acceptFrom(
      server,
      { onAccepted: (accepted) => this.#onAccepted(accepted), onError: (error) => this.#onError(error) },
      { noDelay: options.noDelay ?? true },
    );
    server.on('close', () => this.#end());
  }

  /** Where it listens. */
  get localAddress(): SocketAddress {
    return this.#address;
  }

  /** The port on which it listens; 0 for a Unix socket. */
  get port(): number {
    return this.#address.port;
  }

  /** How many connections have been closed because too many were waiting. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Waits for the next connection. Several tasks may wait; each gets one, in turn. A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; no connection is lost then.
   * @throws {ClosedResourceError} when the listener is closed, or gets closed meanwhile.
   * @throws the error of the operating system when it cannot accept connections, such as one with code `EMFILE`. The
   * failure of a single connection before it was accepted is not an error.
   */
  accept(): Promise<SocketStream> {
    const cancelled = rejectIfCancelled('accept()');
    if (cancelled !== undefined) return cancelled;
    if (this.#closed) return rejected(this.#closedError());
    const next = this.#waiting.shift();
    if (next === undefined) return this.#acceptors.wait(undefined);
    return 'error' in next
      ? rejected(next.error)
      : ready(
          runOutside(() => this.#open(next)),
          'accept()',
        );
  }

  /** Stops listening, and closes the connections that have not been accepted. A checkpoint. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#end();
      this.#server.close();
    }
    return checkpoint();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #onAccepted(accepted: Accepted): void {
    if (this.#closed) return accepted.drop();
    if (this.#acceptors.length > 0) {
      this.#acceptors.wakeFirst(this.#open(accepted));
    } else if (this.#waiting.length < LIMIT) {
      this.#waiting.push(accepted);
    } else {
      this.#dropped++;
      accepted.drop();
    }
  }

  #onError(error: Error): void {
    if (this.#closed || isHarmlessAcceptError(error)) return;
    const { first } = this.#acceptors;
    if (first !== undefined) first.fail(error);
    else if (this.#waiting.length < LIMIT) this.#waiting.push({ error });
  }

  #open(accepted: Accepted): SocketStream {
    const { socket, reader } = accepted.open();
    return socketStreamOf(socket, {
      ...(reader === undefined ? undefined : { reader }),
      // A wildcard stands for many addresses; then the socket itself is asked.
      ...(isWildcard(this.#address) ? undefined : { local: this.#address }),
    });
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose?.();
    for (const accepted of this.#waiting.splice(0)) if (!('error' in accepted)) accepted.drop();
    while (this.#acceptors.first !== undefined) this.#acceptors.first.fail(this.#closedError());
  }

  #closedError(): ClosedResourceError {
    return new ClosedResourceError(`accept(): ${this.#name} is closed`);
  }

  get #name(): string {
    return `the listener on ${formatAddress(this.#address)}`;
  }
}

function isWildcard({ address }: SocketAddress): boolean {
  return address === '::' || address === '0.0.0.0';
}
