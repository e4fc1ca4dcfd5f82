import { BufferedReceiveStream, IncompleteReceiveError, ReceiveLimitError, type ReceiveStream } from '@tercet/streams';

/** A line, or the length of a line that was too long and was skipped. */
export type ReadLine = { readonly text: string } | { readonly tooLong: number };

/** Reads lines from a stream, up to a length in bytes. A task that is cancelled while it waits loses nothing. */
export class LineReader {
  readonly #stream: BufferedReceiveStream;
  readonly #longest: number;
  /** How many bytes of the current line have been dropped: a peer that never ends a line must not fill the memory. */
  #skipped = 0;

  constructor(stream: ReceiveStream, longest: number) {
    this.#stream = new BufferedReceiveStream(stream);
    this.#longest = longest;
  }

  /** @returns the next line without its end, or `undefined` at the end. A rest without a line end is not a line. */
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
