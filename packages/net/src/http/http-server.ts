import { runOutside } from '@tercet/core/lowlevel';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { ServerOptions as HttpsServerOptions } from 'node:https';
import type { ListenOptions, Socket } from 'node:net';
import { addressOfServer } from '../addresses/socket-address.ts';
import type { SocketAddress } from '../addresses/socket-address.ts';
import { isExhaustion, isHarmlessAcceptError, warnOfAccepting } from '../listening/accept-errors.ts';
import { listen } from '../listening/listen.ts';
import { ConnectionLimit } from './connection-limit.ts';

/** How a server of Node is made, and what it calls. */
export interface HttpServerPlan {
  readonly server: ServerOptions;
  /** Options of `node:https`; plain HTTP when left out. */
  readonly tls: HttpsServerOptions | undefined;
  readonly maxConnections: number;
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  onError(error: Error): void;
}

/**
 * A server of Node on one address, and its two ends. `stop` lets running requests end, which Node's own `close` does, but
 * with three gaps: it keeps connections that have never sent a request, those that wait for a place, and those that become
 * idle later.
 */
export class HttpServer {
  /** Where it listens. */
  readonly localAddress: SocketAddress;
  readonly #server: Server;
  readonly #limit: ConnectionLimit | undefined;
  /** Connections by their peer. Over TLS: those whose handshake is not done. */
  readonly #raw = new Map<string, Socket>();
  /** TLS connections whose handshake is done. */
  readonly #secure = new Set<Socket>();
  /** Whether it does not listen any more, and all connections are closed. */
  #isClosed = false;
  /** Called once that is so. */
  #onClosed: () => void = () => undefined;

  /** Lets a server listen. A checkpoint. Cancelled, it leaves nothing open. */
  static async listen(target: ListenOptions, plan: HttpServerPlan): Promise<HttpServer> {
    return new HttpServer(await listen(target, () => runOutside(() => makeServer(plan))), plan);
  }

  private constructor(server: Server, { maxConnections, onError }: HttpServerPlan) {
    this.#server = server;
    this.localAddress = addressOfServer(server);
    this.#limit = maxConnections === Infinity ? undefined : new ConnectionLimit(server, maxConnections);
    server.prependListener('connection', (socket: Socket) => {
      const peer = peerOf(socket);
      this.#raw.set(peer, socket);
      socket.once('close', () => this.#raw.delete(peer));
    });
    server.on('secureConnection', (socket: Socket) => {
      this.#raw.delete(peerOf(socket));
      this.#secure.add(socket);
      socket.once('close', () => this.#secure.delete(socket));
    });
    server.on('close', () => {
      this.#isClosed = true;
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

  /** Stops listening, and closes all connections on which no request is under way. */
  stop(): void {
    if (this.#server.listening) this.#server.close();
    this.#limit?.clear();
    const isTls = this.#secure.size > 0 || 'setSecureContext' in this.#server;
    for (const socket of this.#raw.values()) if (isTls || socket.bytesRead === 0) socket.destroy();
    for (const socket of this.#secure) if (socket.bytesRead === 0) socket.destroy();
    this.closeIdle();
  }

  /** Closes the connections that have become idle meanwhile. */
  closeIdle(): void {
    this.#server.closeIdleConnections();
  }

  /** Stops listening, and closes all connections. */
  destroy(): void {
    this.stop();
    for (const socket of [...this.#raw.values(), ...this.#secure]) socket.destroy();
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

function makeServer({ server, tls, onRequest }: HttpServerPlan): Server {
  return tls === undefined ? createServer(server, onRequest) : createHttpsServer({ ...server, ...tls }, onRequest);
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
