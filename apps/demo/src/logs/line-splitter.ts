/** Longer lines are shown in pieces: a program may write gigabytes without ever ending a line. In characters. */
const longestLine = 8 * 1024;

/** Cuts a stream of bytes into lines of text, wherever the chunks begin and end. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #rest = '';

  /** @returns the lines that the chunk has completed, without their ends. */
  push(chunk: Uint8Array): string[] {
    return this.#cut(this.#decoder.decode(chunk, { stream: true }));
  }

  /** @returns the last line when it had no end. */
  end(): string[] {
    const lines = this.#cut(this.#decoder.decode());
    return this.#rest === '' ? lines : [...lines, this.#take('')];
  }

  #cut(text: string): string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    while (this.#rest.length > longestLine) {
      lines.push(this.#rest.slice(0, longestLine));
      this.#take(this.#rest.slice(longestLine));
    }
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  #take(rest: string): string {
    const taken = this.#rest;
    this.#rest = rest;
    return taken;
  }
}
