import { BrokenResourceError, failAfter, TooSlowError } from '@tercet/core';
import { CapacityLimiter } from '@tercet/sync';
import type { LineReader } from '../protocol/line-reader.ts';
import { RequestError } from '../protocol/messages.ts';
import type { MessageWriter } from '../protocol/message-writer.ts';
import { parseRequest } from '../protocol/parse-request.ts';
import type { Token } from '../protocol/token-file.ts';
import type { Limits } from './config.ts';

/** The longest line of an unauthenticated client: bytes. */
const longestFirstLine = 1_024;

/** A client that has connected. Over TLS, the handshake is done. */
export interface Visitor {
  readonly lines: LineReader;
  readonly writer: MessageWriter;
}

/**
 * Admits the clients of one listener. Unauthenticated clients have few separate places there, and little time, so that clients
 * that never authenticate block neither those that have, nor other listeners.
 */
export class Admission {
  readonly #token: Token | undefined;
  readonly #limits: () => Limits;
  readonly #handshakes: CapacityLimiter;
  readonly #connections: CapacityLimiter;

  /** @param limits called for each client, because they may change. */
  constructor(limits: () => Limits, token: Token | undefined) {
    this.#token = token;
    this.#limits = limits;
    this.#handshakes = new CapacityLimiter(limits().handshakes);
    this.#connections = new CapacityLimiter(limits().connections);
  }

  /** How many clients may be accepted at a time. */
  static most({ handshakes, connections }: Limits): number {
    return handshakes + connections;
  }

  /**
   * Calls the body when the client has been admitted.
   *
   * @throws {BrokenResourceError} when it has not authenticated, or not in time.
   */
  async letIn(visitor: Visitor, body: () => Promise<void>): Promise<void> {
    const place = {};
    await this.#handshakes.run(async () => {
      await this.#getAcquainted(visitor);
      await this.#connections.acquireOnBehalfOf(place);
    });
    try {
      await body();
    } finally {
      this.#connections.releaseOnBehalfOf(place);
    }
  }

  async #getAcquainted({ lines, writer }: Visitor): Promise<void> {
    const { write } = this.#limits();
    const token = this.#token;
    if (token !== undefined) await inTime(write, 'shown its token', () => checkToken(token, lines, writer));
  }
}

async function inTime<T>(timeout: number, what: string, body: () => Promise<T>): Promise<T> {
  try {
    return await failAfter(timeout, body);
  } catch (error) {
    if (!(error instanceof TooSlowError)) throw error;
    throw new BrokenResourceError(`the client has not ${what} within ${timeout} ms`, { cause: error });
  }
}

async function checkToken(token: Token, lines: LineReader, writer: MessageWriter): Promise<void> {
  const line = await lines.next(longestFirstLine);
  if (line === undefined) throw new BrokenResourceError('the client has gone without showing its token');
  const request = 'tooLong' in line ? undefined : parseRequest(line.text);
  if (request !== undefined && 'op' in request && request.op === 'authenticate' && token.matches(request.token)) {
    return writer.send({ id: request.id, result: {} });
  }
  const wanted = 'the first request here is "authenticate", with the token that this daemon has written to a file';
  const isRequest = request !== undefined && 'op' in request;
  const message = isRequest && request.op === 'authenticate' ? 'this is not the token of this daemon' : wanted;
  const { code, message: text } = new RequestError('unauthorized', message);
  await writer.send({ id: request?.id, error: { code, message: text } });
  throw new BrokenResourceError(`the client was not let in: ${text}`);
}
