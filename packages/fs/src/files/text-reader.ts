import { StateError } from '@tercet/core';
import { ChunkReader } from './chunk-reader.ts';
import type { Cursor } from './cursor.ts';
import { LineEnds } from './line-ends.ts';
import type { Newline } from './line-ends.ts';
import { encodedLength, makeDecoding } from './text-encoding.ts';
import type { DecodeTextOptions, TextDecoding } from './text-encoding.ts';

/** How to read text: see `TextFileOptions`. */
export interface TextReaderOptions extends DecodeTextOptions {
  readonly newline?: Newline;
}

/** How many bytes are decoded at a time. V8 allocates longer strings separately, which costs many times as much. */
const PIECE = 32 * 1024;

const EMPTY = Buffer.alloc(0);

/**
 * Reads a file as text, piece by piece.
 *
 * The text that was decoded and not returned yet is `#begun`, then `text` from `at` on, then `#held`. After it come the bytes of
 * `#chunk` from `#chunkAt` on, which are not decoded yet.
 */
export class TextReader {
  /** The current piece of text. */
  text = '';
  /** How far `text` has been returned. */
  at = 0;
  readonly ends: LineEnds;
  readonly #chunks: ChunkReader;
  readonly #options: TextReaderOptions;
  readonly #newline: Newline;
  #decoding: TextDecoding;
  #chunk: Buffer = EMPTY;
  #chunkAt = 0;
  /** The beginning of a line that ends in a later piece. */
  #begun = '';
  /** A CR at the end of the last piece, held back because an LF may follow. Otherwise empty. */
  #held = '';
  /** True while the file is at its end: then the rest of the text is a line. */
  #ended = false;

  constructor(cursor: Cursor, options: TextReaderOptions) {
    this.#chunks = new ChunkReader(cursor);
    this.#options = options;
    this.#newline = options.newline ?? 'any';
    this.ends = new LineEnds(this.#newline);
    this.#decoding = makeDecoding(options);
  }

  /** Returns the next line, if it has been read already. @throws {TypeError} when its bytes do not decode. */
  line(keepEnds: boolean): string | undefined {
    const end = this.#findEnd();
    if (end === -1) return this.#lastLine();
    const next = end + this.ends.lengthAt(this.text, end);
    const line = this.#begun + this.text.slice(this.at, keepEnds ? next : end);
    this.#begun = '';
    this.at = next;
    return line;
  }

  /** Returns some of the lines that have been read already, if there are any. @throws {TypeError} as `line` does. */
  lines(keepEnds: boolean): string[] {
    const found = this.#findEnd() !== -1;
    if (found && !keepEnds && this.ends.byLF) return this.#splitText();
    const lines: string[] = [];
    do {
      const line = this.line(keepEnds);
      if (line === undefined) break;
      lines.push(line);
    } while (this.ends.find(this.text, this.at) !== -1);
    return lines;
  }

  #splitText(): string[] {
    const lines = this.text.slice(this.at).split('\n');
    lines[0] = this.#begun + (lines[0] as string);
    this.#begun = lines.pop() as string;
    this.#turnTo('');
    return lines;
  }

  /** The end of the next line in `text`; -1 if it has not been read yet. */
  #findEnd(): number {
    for (;;) {
      const end = this.ends.find(this.text, this.at);
      if (end !== -1) return end;
      // Only new text is searched. A line of many pieces is put together once, when its end has been found.
      this.#begun += this.text.slice(this.at);
      this.#turnTo('');
      if (this.#chunkAt === this.#chunk.length) return -1;
      this.#turnTo(this.#decodePiece());
    }
  }

  #lastLine(): string | undefined {
    if (!this.#ended || this.#begun === '') return undefined;
    const line = this.#begun;
    this.#begun = '';
    return line;
  }

  /** Reads more. @returns false when the file has ended and no text is left. @throws {TypeError} as `line` does. */
  async more(): Promise<boolean> {
    if (await this.#readChunk()) return true;
    this.#append(this.#decodePiece());
    this.#ended = true;
    return this.text !== '';
  }

  /** Returns the next `size` code units, or as many as there are. Never splits a surrogate pair. */
  async read(size: number): Promise<string> {
    if (this.text.length - this.at < size) await this.#readUntil(size);
    let end = Math.min(this.at + size, this.text.length);
    if (end < this.text.length && isLowSurrogate(this.text.charCodeAt(end))) end++;
    const text = this.text.slice(this.at, end);
    this.at = end;
    return text;
  }

  // The text stays complete if reading fails on the way. The ends of lines are looked for once, at the end.
  async #readUntil(size: number): Promise<void> {
    this.#append('');
    try {
      for (let ended = false; !ended && this.text.length - this.at < size;) {
        ended = this.#chunkAt === this.#chunk.length && !(await this.#readChunk());
        this.text += this.#decodePiece();
      }
    } finally {
      this.ends.turnTo(this.text);
    }
  }

  /** Whether nothing has been read ahead. */
  get isEmpty(): boolean {
    const decoded = this.#begun.length + this.text.length - this.at + this.#held.length;
    return decoded === 0 && this.#chunkAt === this.#chunk.length && !(this.#decoding.pending > 0);
  }

  /** The number of bytes that were read and not returned as text. @throws {StateError} when it cannot be computed. */
  unreadBytes(): number {
    if (this.isEmpty && !Number.isNaN(this.#decoding.pending)) return 0;
    const { encoding = 'utf-8' } = this.#options;
    const bytes = encodedLength(this.#begun + this.text.slice(this.at) + this.#held, encoding);
    if (bytes !== undefined && this.#newline !== 'universal' && this.#options.errors !== 'replace') {
      return bytes + this.#decoding.pending + this.#chunk.length - this.#chunkAt;
    }
    throw new StateError(
      `the position in a text file is known only for utf-8, utf-16le, latin1 and ascii, without newline: 'universal' and without errors: 'replace'`,
    );
  }

  /** Drops everything that was read ahead. @param atStart whether the next bytes are the first of the file. */
  forget(atStart: boolean): void {
    this.#chunks.forget();
    if (this.isEmpty && !atStart) return;
    this.#chunk = EMPTY;
    this.#chunkAt = 0;
    this.#begun = '';
    this.#turnTo('');
    this.#held = '';
    this.#decoding = makeDecoding(atStart ? this.#options : { ...this.#options, bom: 'keep' });
  }

  /** Waits until no read is pending, even in a cancelled scope. */
  settle(): Promise<void> {
    return this.#chunks.settle();
  }

  /** Reads the next chunk. The last one must be decoded. @returns false at the end of the file, which may still grow. */
  async #readChunk(): Promise<boolean> {
    this.#chunk = EMPTY;
    this.#chunkAt = 0;
    this.#chunk = await this.#chunks.next();
    this.#ended = false;
    return this.#chunk.length > 0;
  }

  /** Decodes the next piece of the chunk; at the end of the file, what is left. */
  #decodePiece(): string {
    const piece = this.#chunk.subarray(this.#chunkAt, this.#chunkAt + PIECE);
    this.#chunkAt += piece.length;
    const ended = piece.length === 0;
    let text = this.#held + this.#decoding.decode(piece, ended);
    this.#held = '';
    if (this.#newline === '\n') return text;
    if (!ended && text.endsWith('\r')) {
      this.#held = '\r';
      text = text.slice(0, -1);
    }
    return this.#newline === 'universal' && text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  }

  #turnTo(text: string): void {
    this.text = text;
    this.at = 0;
    this.ends.turnTo(text);
  }

  /** Appends a piece to the text that has not been returned yet. */
  #append(piece: string): void {
    if (piece === '' && this.#begun === '') return;
    const text = this.#begun + this.text.slice(this.at) + piece;
    this.#begun = '';
    this.#turnTo(text);
  }
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
