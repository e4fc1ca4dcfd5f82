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

/** So much of a chunk is decoded and split at a time: V8 keeps longer texts apart, and making one costs many times as much. */
const PIECE = 32 * 1024;

const EMPTY = Buffer.alloc(0);

/**
 * Reads a file as text, piece by piece.
 *
 * What has been decoded and not been given out is the text from `at` on, and before that, when no newline has been found
 * yet, the beginning of a line.
 */
export class TextReader {
  text = '';
  at = 0;
  readonly ends: LineEnds;
  readonly #chunks: ChunkReader;
  readonly #options: TextReaderOptions;
  readonly #newline: Newline;
  #decoding: TextDecoding;
  /** What has been read and not been decoded lies in the chunk, from `chunkAt` on. */
  #chunk: Buffer = EMPTY;
  #chunkAt = 0;
  #begun = '';
  /** A CR at the end of a piece: an LF may follow. */
  #held = '';
  /** The file has ended: what is left is a line. */
  #ended = false;

  constructor(cursor: Cursor, options: TextReaderOptions) {
    this.#chunks = new ChunkReader(cursor);
    this.#options = options;
    this.#newline = options.newline ?? 'any';
    this.ends = new LineEnds(this.#newline);
    this.#decoding = makeDecoding(options);
  }

  /** The next line, if it has been read already. @throws {TypeError} when its bytes do not decode. */
  line(keepEnds: boolean): string | undefined {
    const end = this.#findEnd();
    if (end === -1) return this.#lastLine();
    const next = end + this.ends.lengthAt(this.text, end);
    const line = this.#begun + this.text.slice(this.at, keepEnds ? next : end);
    this.#begun = '';
    this.at = next;
    return line;
  }

  /** Some of the lines that have been read already; none when there are none. @throws {TypeError} as `line` does. */
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

  /** Where the next line ends in the text; -1 when that has not been read yet. */
  #findEnd(): number {
    for (;;) {
      const end = this.ends.find(this.text, this.at);
      if (end !== -1) return end;
      // Only what is new is searched: a line of many pieces is put together once, when its end has come.
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

  /** Reads more. @returns false when the file has ended and nothing is left. @throws {TypeError} as `line` does. */
  async more(): Promise<boolean> {
    if (await this.#readChunk()) return true;
    this.#append(this.#decodePiece());
    this.#ended = true;
    return this.text !== '';
  }

  /** The next `size` code units of text, as many as there are, never half a surrogate pair. */
  async read(size: number): Promise<string> {
    if (this.text.length - this.at < size) await this.#readUntil(size);
    let end = Math.min(this.at + size, this.text.length);
    if (end < this.text.length && isLowSurrogate(this.text.charCodeAt(end))) end++;
    const text = this.text.slice(this.at, end);
    this.at = end;
    return text;
  }

  // The text is put together once, at the end; it is all there when it fails on the way.
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

  /** How many bytes have been read and not been given out. @throws {StateError} when that cannot be told. */
  unreadBytes(): number {
    if (this.isEmpty && !Number.isNaN(this.#decoding.pending)) return 0;
    const { encoding = 'utf-8' } = this.#options;
    const bytes = encodedLength(this.#begun + this.text.slice(this.at) + this.#held, encoding);
    if (bytes !== undefined && this.#newline !== 'universal' && this.#options.errors !== 'replace') {
      return bytes + this.#decoding.pending + this.#chunk.length - this.#chunkAt;
    }
    throw new StateError(
      `where the text stands in the file is only known for utf-8, utf-16le, latin1 and ascii, with newline other than 'universal' and without errors: 'replace'`,
    );
  }

  /** Forgets what has been read ahead. @param atStart whether the next bytes are the first of the file. */
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

  /** Returns when nothing is being read ahead any more, also in a cancelled scope. */
  settle(): Promise<void> {
    return this.#chunks.settle();
  }

  /** Only when all of the last chunk has been decoded. @returns false at the end of the file, which may grow later. */
  async #readChunk(): Promise<boolean> {
    this.#chunk = EMPTY;
    this.#chunkAt = 0;
    this.#chunk = await this.#chunks.next();
    this.#ended = false;
    return this.#chunk.length > 0;
  }

  /** The text of the next piece; of the end of the file when there is none. */
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

  /** Puts together all that has not been given out, and what follows. */
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
