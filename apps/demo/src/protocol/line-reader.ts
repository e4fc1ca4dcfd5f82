import type { ReceiveStream } from '@tercet/streams';

/** A line, or how long one has been that was longer than allowed, and skipped. */
export type ReadLine = { readonly text: string } | { readonly tooLong: number };

const newline = 10;

/** Reads lines from a stream, up to a length in bytes. Who is cancelled while waiting loses nothing. */
export class LineReader {
  readonly #stream: ReceiveStream;
  readonly #longest: number;
  #chunk: Uint8Array = new Uint8Array();
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(stream: ReceiveStream, longest: number) {
    this.#stream = stream;
    this.#longest = longest;
  }

  /** @returns the next line without its end, or `undefined` when the stream has ended. What has no end is no line. */
  async next(): Promise<ReadLine | undefined> {
    for (;;) {
      const end = this.#chunk.indexOf(newline);
      this.#keep(end === -1 ? this.#chunk : this.#chunk.subarray(0, end));
      this.#chunk = end === -1 ? new Uint8Array() : this.#chunk.subarray(end + 1);
      if (end !== -1) return this.#take();
      const chunk = await this.#stream.receiveSome();
      if (chunk === null) return undefined;
      this.#chunk = chunk;
    }
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#length += part.length;
    // What is too long is counted, but not kept.
    if (this.#length > this.#longest) this.#parts = [];
    else this.#parts.push(part);
  }

  #take(): ReadLine {
    const length = this.#length;
    const text = Buffer.concat(this.#parts).toString('utf8');
    this.#parts = [];
    this.#length = 0;
    return length > this.#longest ? { tooLong: length } : { text: text.endsWith('\r') ? text.slice(0, -1) : text };
  }
}
