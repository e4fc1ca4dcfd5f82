import { runOutside } from '@tercet/core/lowlevel';
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { ServerOptions as HttpsServerOptions } from 'node:https';
import { Server as NetServer } from 'node:net';
import type { ListenOptions, Socket } from 'node:net';
import { addressOfServer } from '../addresses/socket-address.ts';
import type { SocketAddress } from '../addresses/socket-address.ts';
import { isExhaustion, isHarmlessAcceptError, warnOfAccepting } from '../listening/accept-errors.ts';
import { listen } from '../listening/listen.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { LiveList } from './live-list.ts';

/** How a server of Node is made, and what it calls. */
export interface HttpServerPlan {
  readonly server: ServerOptions;
  /** Options of `node:https`; plain HTTP when left out. */
  readonly tls: HttpsServerOptions | undefined;
  readonly maxConnections: number;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  readonly onError: (error: Error) => void;
}

/**
 * A server of Node on one address, and its two ends. `stop` lets running requests end and closes all other connections, which
 * its caller tells apart. For Node's own `close`, a connection is idle as soon as the handler has ended its response, even if most
 * of it is still to be sent, and one that has sent half a request is not.
 */
export class HttpServer {
  /** Where it listens. */
  readonly localAddress: SocketAddress;
  readonly #server: Server;
  readonly #isTls: boolean;
  readonly #limit: ConnectionLimit | undefined;
  /** All connections, as they have been accepted. */
  readonly #sockets = new LiveList<Socket>();
  /** Over TLS: the sockets over these, once the handshake is done. */
  readonly #tlsSockets = new LiveList<Socket>();
  /** Whether it does not listen any more, and all connections are closed. */
  #isClosed = false;
  /** Called once that is so. */
  #onClosed: () => void = () => undefined;

  /** Makes a server that listens. A checkpoint. When it is cancelled, it leaves nothing open. */
  static async listen(target: ListenOptions, plan: HttpServerPlan): Promise<HttpServer> {
    return new HttpServer(await listen(target, () => runOutside(() => makeServer(plan))), plan);
  }

  private constructor(server: Server, { maxConnections, onError, tls }: HttpServerPlan) {
    this.#server = server;
    this.#isTls = tls !== undefined;
    this.localAddress = addressOfServer(server);
    this.#limit = maxConnections === Infinity ? undefined : new ConnectionLimit(server, maxConnections);
    server.prependListener('connection', keepIn(this.#sockets));
    server.on('secureConnection', keepIn(this.#tlsSockets));
    server.once('close', () => {
      this.#isClosed = true;
      // Ends the timer that looks for requests that take too long.
      server.close();
      this.#onClosed();
    });
    server.on('error', (error) => {
      if (isExhaustion(error)) warnOfAccepting(`an HTTP server could not accept a connection: ${error.message}`);
      else if (!isHarmlessAcceptError(error)) onError(error);
    });
  }

  /** The port on which it listens. */
  get port(): number {
    return this.localAddress.port;
  }

  /** Stops listening, and closes all connections but those that are busy. */
  stop(busy: ReadonlySet<Socket>): void {
    if (this.#server.listening) stopListening(this.#server);
    this.#limit?.clear();
    this.closeIdle(busy);
  }

  /** Closes all connections but those that are busy. */
  closeIdle(busy: ReadonlySet<Socket>): void {
    const tlsSockets = this.#tlsSockets.values();
    for (const socket of this.#isTls ? tlsSockets : this.#sockets.values()) if (!busy.has(socket)) socket.destroy();
    if (!this.#isTls) return;
    const secured = new Set(tlsSockets.map(peerOf));
    // The others are in their handshake.
    for (const socket of this.#sockets.values()) if (!secured.has(peerOf(socket))) socket.destroy();
  }

  /** Stops listening, and closes all connections. */
  destroy(): void {
    this.stop(new Set());
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  /** Calls `fn` when all is closed. */
  whenClosed(fn: () => void): void {
    if (this.#isClosed) fn();
    else this.#onClosed = fn;
  }

  async close(): Promise<void> {
    this.destroy();
  }
}

/**
 * Loads Node's HTTP now, when it is used, and not with this package: in a process in which it has been loaded, a socket receives
 * a fourth less (benchmark `net`, one way, 64 KiB).
 */
function makeServer({ server, tls, onRequest }: HttpServerPlan): Server {
  if (tls === undefined) return process.getBuiltinModule('node:http').createServer(server, onRequest);
  return process.getBuiltinModule('node:https').createServer({ ...server, ...tls }, onRequest);
}

/**
 * Stops listening by the `close` of `node:net`. That of `node:http` would also close the connections that it takes for idle, and
 * put its limits on requests out of action.
 */
function stopListening(server: Server): void {
  // On Bun it is no server of node:net.
  if (server instanceof NetServer) NetServer.prototype.close.call(server);
  else (server as Server).close();
}

/** @returns a listener that lists a socket until it is closed. */
function keepIn(list: LiveList<Socket>): (socket: Socket) => void {
  return (socket) => {
    const entry = list.add(socket);
    socket.once('close', () => list.remove(entry));
  };
}

/** The methods that a socket and the TLS socket over it share. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
