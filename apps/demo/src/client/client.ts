import { BrokenResourceError, rethrowIfCancelled } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { closeForcefully, type Stream } from '@tercet/streams';
import { LineReader } from '../protocol/line-reader.ts';
import { MessageWriter } from '../protocol/message-writer.ts';
import type { Answer, RequestBody, TailEvent } from '../protocol/messages.ts';
import { connect, parseAddress, withToken, type Address, type Credentials } from './address.ts';
import { parseAnswer } from './answers.ts';
import { ClientError } from './client-error.ts';

const longestAnswer = 64 * 1024 * 1024;
const writeTimeout = 10_000;

/** Asks a daemon one thing after the other. */
export class Client implements AsyncDisposable {
  readonly #stream: Stream;
  readonly #lines: LineReader;
  readonly #writer: MessageWriter;
  #requests = 0;

  private constructor(stream: Stream) {
    this.#stream = stream;
    this.#lines = new LineReader(stream, longestAnswer);
    this.#writer = new MessageWriter(stream, writeTimeout);
  }

  /**
   * @throws {ClientError} when nothing listens there, or the client is not admitted.
   * @throws {UsageError} when it is not an address.
   */
  static async connect(address: string, credentials: Credentials = {}): Promise<Client> {
    const target = await withToken(parseAddress(address), credentials.token);
    const client = new Client(await reach(address, target.address, credentials));
    try {
      if (target.token !== undefined) await client.request({ op: 'authenticate', token: target.token });
      return client;
    } catch (error) {
      await closeForcefully(client.#stream);
      throw error;
    }
  }

  /**
   * @param onEvent called with the events that come before the result.
   * @throws {ClientError} when the daemon refuses, or the connection is lost.
   */
  async request(body: RequestBody, onEvent: (event: TailEvent) => void = () => undefined): Promise<unknown> {
    try {
      return await this.#ask(body, onEvent);
    } catch (error) {
      if (!(error instanceof BrokenResourceError)) throw error;
      throw new ClientError(`the connection to the daemon is lost: ${describeError(error)}`, { cause: error });
    }
  }

  async #ask(body: RequestBody, onEvent: (event: TailEvent) => void): Promise<unknown> {
    const id = String(++this.#requests);
    await this.#writer.send({ id, ...body });
    for (;;) {
      const answer = await this.#nextAnswer();
      if (answer.id !== undefined && answer.id !== id) continue;
      if ('error' in answer) throw new ClientError(answer.error.message);
      if ('result' in answer) return answer.result;
      onEvent(answer.event);
    }
  }

  async #nextAnswer(): Promise<Answer> {
    const line = await this.#lines.next();
    if (line === undefined) throw new ClientError('the daemon has closed the connection');
    if ('tooLong' in line) throw new ClientError(`the daemon has sent a line of ${line.tooLong} bytes`);
    return parseAnswer(line.text);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stream.close();
  }
}

async function reach(text: string, address: Address, credentials: Credentials): Promise<Stream> {
  try {
    return await connect(address, credentials);
  } catch (error) {
    rethrowIfCancelled(error);
    throw new ClientError(`there is no daemon at ${text}: ${describeError(error)}`, { cause: error });
  }
}
