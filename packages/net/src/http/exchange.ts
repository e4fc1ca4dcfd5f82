import { CancelScope } from '@tercet/core';
import { cancelScopeAs, suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerWith } from './answer-with.ts';

/**
 * Serves one request: any handler of `node:http`. Its task lives until the response has ended, too.
 *
 * @example
 * const handler: HttpHandler = async (request, response) => {
 *   await sleep(5); // cancelled when the client goes away
 *   response.end(`you asked for ${request.url}`);
 * };
 * await moveOnAfter(5, () => serveHttp(handler, 0, { host: '127.0.0.1' }));
 */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

const ignore = (): void => undefined;

/**
 * One request and its response, between which the handler works. It is over with the response's `'close'`. That event comes
 * in the end in any case: when the response has been sent, or its connection is gone.
 *
 * The scope around the handler also holds one wait, for that end. The wait has two tasks. It keeps the request's task alive
 * when the handler has returned before the response has ended, as those of frameworks do. And its abort function runs in
 * the very step in which the request is cancelled, so that a client gets its 503 even if the handler does not react to
 * that.
 */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly #handler: HttpHandler;
  readonly #scope: CancelScope;
  /** Called when it is over. */
  readonly #onOver: () => void;
  /** Wakes the wait for the end, once there is one. */
  #waker: Waker<void> | undefined = undefined;
  /** Whether the response waits for that to an earlier request on its connection (pipelining). */
  readonly #isQueued: boolean;
  /** Whether the response has been sent, or will never be. */
  #isOver = false;
  /** Whether the connection is gone. */
  #isGone = false;
  /** Whether the request has been cancelled, by its deadline, with the server, or because the client is gone. */
  #isCancelled = false;

  /** @param timeout milliseconds; Infinity for none. @param onOver called when it is over. */
  constructor(
    handler: HttpHandler,
    request: IncomingMessage,
    response: ServerResponse,
    timeout: number,
    onOver: () => void,
  ) {
    this.#handler = handler;
    this.request = request;
    this.response = response;
    this.#onOver = onOver;
    this.#scope = timeout === Infinity ? new CancelScope() : new CancelScope({ relativeDeadline: timeout });
    response.on('close', this.#onClose);
    // A queued response does not hear of the end of its connection.
    this.#isQueued = response.socket === null;
    // A client decides how many such requests there are, so Node's warning of many listeners would be wrong here.
    if (this.#isQueued) request.socket.setMaxListeners(0).on('close', this.#onClose);
  }

  /**
   * Serves the request, until its response has ended.
   *
   * @throws the error of the handler, after the client has been answered.
   */
  serve(): Promise<void> {
    return this.#scope.run(this.#body);
  }

  /** Whether an error of the handler says only that the connection is gone. */
  isDisconnect(error: unknown): boolean {
    if (!this.#isGone) return false;
    const code = (error as { code?: unknown } | null | undefined)?.code;
    return error === this.request.errored || DISCONNECTS.has(code as string);
  }

  /** Lets the connection end with this response, if it has not begun. */
  closeConnection(): void {
    if (!this.response.headersSent) this.response.setHeader('connection', 'close');
  }

  readonly #body = async (): Promise<void> => {
    // Its task may have had to wait while the client went away.
    if (this.#isOver) return;
    const { request, response } = this;
    const closed = suspend<void>('the end of a response', this.#watch);
    let failure: { readonly error: unknown } | undefined = undefined;
    try {
      if (!this.#isCancelled) await this.#handler(request, response);
    } catch (error) {
      failure = { error };
      if (!this.#isCancelled && !response.writableEnded) answerWith(500, request, response);
    }
    // The client has to see that it has got a part only.
    if ((failure !== undefined || this.#isCancelled) && !response.writableEnded) response.destroy();
    await closed;
    if (failure !== undefined) throw failure.error;
  };

  readonly #watch = (waker: Waker<void>): (() => 'failed') => {
    this.#waker = waker;
    return () => {
      this.#isCancelled = true;
      if (!this.#isGone) this.#answerCancelled();
      return 'failed';
    };
  };

  readonly #onClose = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    const { request, response } = this;
    if (!response.writableFinished) {
      this.#isGone = true;
      response.on('error', ignore);
      if (this.#waker !== undefined) cancelScopeAs(this.#scope, 'signal', 'client disconnected');
    }
    if (this.#isQueued) request.socket.off('close', this.#onClose);
    this.#waker?.wake();
    this.#onOver();
  };

  #answerCancelled(): void {
    const { request, response } = this;
    // The handler may write on.
    response.on('error', ignore);
    // A client that does not read would keep a response that has been written and cannot be sent.
    if (response.writableEnded) response.destroy();
    else answerWith(503, request, response);
  }
}

const DISCONNECTS: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  // On Windows, instead of both.
  'ECONNABORTED',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_UNABLE_TO_PIPE',
  'ERR_STREAM_WRITE_AFTER_END',
]);
