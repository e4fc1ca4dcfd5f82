import { untilShutdown } from '@tercet/core';
import type { Nursery, TaskStatus } from '@tercet/core';
import { suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HandlerErrors } from '../serving/handler-errors.ts';
import { Exchange } from './exchange.ts';
import type { HttpHandler } from './exchange.ts';
import type { HttpServer } from './http-server.ts';
import { LiveList } from './live-list.ts';
import type { LiveEntry } from './live-list.ts';

/** The state that the servers of one `serveHttp` share: the requests that are under way, and the end of all. */
export class HttpService {
  /** One for each address; empty until all of them listen. */
  servers: readonly HttpServer[] = [];
  readonly #handler: HttpHandler;
  readonly #errors: HandlerErrors<IncomingMessage>;
  readonly #timeout: number;
  /** Where the tasks of requests live; `undefined` until `run`, for which requests that come earlier wait. */
  #nursery: Pick<Nursery, 'startSoon'> | undefined = undefined;
  /** The requests whose responses have not been sent yet: their connections are busy. */
  readonly #running = new LiveList<Exchange>();
  /** Whether nothing new is accepted: each connection ends with the response that is under way on it. */
  #isStopping = false;
  /** Whether connections that are not busy any more will be closed in the next turn of the loop. */
  #willCloseIdle = false;
  /** The error that ends the service, when it has come before a task waits for it. */
  #failure: { readonly error: unknown } | undefined = undefined;
  #waker: Waker<void> | undefined = undefined;

  /** @param timeout how long a request may take: milliseconds, Infinity for no limit. */
  constructor(handler: HttpHandler, errors: HandlerErrors<IncomingMessage>, timeout: number) {
    this.#handler = handler;
    this.#errors = errors;
    this.#timeout = timeout;
  }

  /**
   * Serves until a shutdown, and then until all connections are closed.
   *
   * @param nursery where the tasks of requests live. @param isOwnNursery whether they end with the server.
   * @param taskStatus gets the servers.
   * @throws the error of a server, or of starting a task.
   */
  async run(
    nursery: Pick<Nursery, 'startSoon'>,
    isOwnNursery: boolean,
    taskStatus: TaskStatus<HttpServer[]> | undefined,
  ): Promise<void> {
    this.#nursery = nursery;
    // Where one address after the other is opened, requests come before all of them are.
    for (const exchange of this.#running.values()) this.#start(exchange, nursery);
    try {
      taskStatus?.started([...this.servers]);
      await untilShutdown(() => this.#failed());
      this.#stop();
      await this.#closed();
    } finally {
      this.#stop();
      // Requests in another nursery outlive the server, and so do their connections.
      if (isOwnNursery) setImmediate(this.#destroy);
    }
  }

  /** Begins with a request, in a task of its own. Called from an event of Node. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    const onOver = (): void => this.#remove(entry);
    const exchange = new Exchange(this.#handler, request, response, this.#timeout, onOver);
    const entry = this.#running.add(exchange);
    if (this.#isStopping) exchange.closeConnection();
    if (this.#nursery !== undefined) this.#start(exchange, this.#nursery);
  }

  #start(exchange: Exchange, nursery: Pick<Nursery, 'startSoon'>): void {
    try {
      nursery.startSoon(this.#serve, exchange);
    } catch (error) {
      // Its nursery is closed.
      exchange.response.destroy();
      this.fail(error);
    }
  }

  #remove(entry: LiveEntry<Exchange>): void {
    this.#running.remove(entry);
    if (!this.#isStopping || this.#willCloseIdle) return;
    this.#willCloseIdle = true;
    setImmediate(this.#closeIdle);
  }

  /** Waits until something goes wrong that no request is to blame for. @throws that error. */
  #failed(): Promise<void> {
    return suspend<void>('HTTP requests', (waker) => {
      if (this.#failure === undefined) this.#waker = waker;
      else waker.fail(this.#failure.error);
      return () => {
        this.#waker = undefined;
        return 'succeeded';
      };
    });
  }

  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#waker?.fail(error);
    this.#waker = undefined;
  }

  /** Accepts nothing new, and lets requests end. */
  #stop(): void {
    this.#isStopping = true;
    const lasts = this.#lastOnEach();
    // A connection that closes with an earlier response would lose the later ones.
    for (const exchange of lasts.values()) exchange.closeConnection();
    const busy = new Set(lasts.keys());
    for (const server of this.servers) server.stop(busy);
  }

  /** The connections on which requests are under way, each with the last of these. */
  #lastOnEach(): Map<Socket, Exchange> {
    return new Map(this.#running.values().map((exchange) => [exchange.request.socket, exchange]));
  }

  /** Waits until all connections are closed. */
  async #closed(): Promise<void> {
    for (const server of this.servers) {
      await suspend<void>('the end of HTTP connections', (waker) => {
        server.whenClosed(() => waker.wake());
        return () => {
          server.whenClosed(() => undefined);
          return 'succeeded';
        };
      });
    }
  }

  readonly #serve = async (exchange: Exchange): Promise<void> => {
    try {
      await exchange.serve();
      // oxlint-disable-next-line @tercet/no-swallowed-cancel -- handle() throws the Cancelled of our own scopes again
    } catch (error) {
      if (!exchange.isDisconnect(error)) await this.#errors.handle(error, 'handler', exchange.request);
    }
  };

  /** Ends all connections. Later than their requests, because those that have just been cancelled are answered first. */
  readonly #destroy = (): void => {
    for (const server of this.servers) server.destroy();
  };

  /** Connections whose last response had begun before the shutdown are kept by Node. */
  readonly #closeIdle = (): void => {
    this.#willCloseIdle = false;
    const busy = new Set(this.#lastOnEach().keys());
    for (const server of this.servers) server.closeIdle(busy);
  };
}
