import { BrokenResourceError, failAfter, TooSlowError } from '@tercet/core';
import type { SendStream } from '@tercet/streams';
import { Lock } from '@tercet/sync';
import { protocolVersion } from './messages.ts';

/** Sends messages, one per line, for any number of tasks. */
export class MessageWriter {
  readonly #stream: SendStream;
  readonly #timeout: number;
  readonly #turn = new Lock();

  /** @param timeout how long the other side may take to accept a message: milliseconds. */
  constructor(stream: SendStream, timeout: number) {
    this.#stream = stream;
    this.#timeout = timeout;
  }

  /** @throws {BrokenResourceError} when the connection is lost, or the other side does not read. */
  async send(message: object): Promise<void> {
    const line = `${JSON.stringify({ jobd: protocolVersion, ...message })}\n`;
    await this.#turn.run(async () => {
      try {
        await failAfter(this.#timeout, () => this.#stream.sendAll(line));
      } catch (error) {
        if (!(error instanceof TooSlowError)) throw error;
        // Half a line may have been sent, so the other side could not understand anything that follows.
        throw new BrokenResourceError(`the other side has not read for ${this.#timeout} ms`, { cause: error });
      }
    });
  }
}
