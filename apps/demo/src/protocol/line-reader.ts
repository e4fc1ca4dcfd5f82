import { BufferedReceiveStream, IncompleteReceiveError, ReceiveLimitError, type ReceiveStream } from '@tercet/streams';

/** A line, or how long one has been that was longer than allowed, and skipped. */
export type ReadLine = { readonly text: string } | { readonly tooLong: number };

/** Reads lines from a stream, up to a length in bytes. A task that is cancelled while it waits loses nothing. */
export class LineReader {
  readonly #stream: BufferedReceiveStream;
  readonly #longest: number;
  /** How much of the line that is coming has been thrown away: a peer that never ends one must not fill the memory. */
  #skipped = 0;

  constructor(stream: ReceiveStream, longest: number) {
    this.#stream = new BufferedReceiveStream(stream);
    this.#longest = longest;
  }

  /** @returns the next line without its end, or `undefined` when the stream has ended. Without an end it is not a line. */
  async next(longest: number = this.#longest): Promise<ReadLine | undefined> {
    for (;;) {
      try {
        const line = await this.#stream.receiveUntil('\n', { maxBytes: longest });
        return line === null ? undefined : this.#lineOf(line);
      } catch (error) {
        if (error instanceof IncompleteReceiveError) return undefined;
        if (!(error instanceof ReceiveLimitError)) throw error;
      }
      this.#skipped += (await this.#stream.receiveExactly(longest))?.length ?? 0;
    }
  }

  #lineOf(bytes: Uint8Array): ReadLine {
    const skipped = this.#skipped;
    this.#skipped = 0;
    if (skipped > 0) return { tooLong: skipped + bytes.length };
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    return { text: text.endsWith('\r') ? text.slice(0, -1) : text };
  }
}
