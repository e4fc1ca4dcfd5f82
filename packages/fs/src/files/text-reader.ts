import { StateError } from '@tercet/core';
import { ChunkReader } from './chunk-reader.ts';
import type { Cursor } from './cursor.ts';
import { encodedLength, makeDecoding } from './text-encoding.ts';
import type { DecodeOptions, TextDecoding } from './text-encoding.ts';

/**
 * What ends a line. `any`: LF, CR LF and CR; the text stays as it is. `universal`: the same three, and each becomes LF.
 * Or just the one given; when writing, LF becomes it.
 */
export type Newline = 'any' | 'universal' | '\n' | '\r\n' | '\r';

/** How text is read. */
export interface TextReaderOptions extends DecodeOptions {
  /** By default `any`. */
  readonly newline?: Newline;
}

/** So much of a chunk is decoded and split at a time: V8 keeps longer texts apart, and making one costs many times as much. */
const PIECE = 32 * 1024;

const EMPTY = Buffer.alloc(0);

/**
 * Reads a file as text, piece by piece: each is decoded and split into lines at once, and the lines are then given out one
 * by one, or all together.
 *
 * What has been decoded and not been given out are the lines found, from `given` on, and the rest behind the last newline.
 */
export class TextReader {
  found: string[] = [];
  /** How many of them have been given out. */
  given = 0;
  /** What ended each of the lines found, if it was the same; they are without it then. */
  ending: string | undefined = undefined;
  readonly #chunks: ChunkReader;
  readonly #options: TextReaderOptions;
  readonly #newline: Newline;
  #decoding: TextDecoding;
  /** What has been read and not been decoded lies in the chunk, from `at` on. */
  #chunk: Buffer = EMPTY;
  #at = 0;
  /** The text behind the last newline, and a CR at the end of a chunk: an LF may follow. */
  #rest = '';
  #held = '';
  /** The rest may have newlines in it. */
  #unsplit = false;

  constructor(cursor: Cursor, options: TextReaderOptions) {
    this.#chunks = new ChunkReader(cursor);
    this.#options = options;
    this.#newline = options.newline ?? 'any';
    this.#decoding = makeDecoding(options);
  }

  /** The next line, if it has been read already. @throws {TypeError} when its bytes do not decode. */
  line(keepEnds: boolean): string | undefined {
    if (this.given === this.found.length && !this.#findLines()) return undefined;
    const line = this.found[this.given++] as string;
    if (this.ending === undefined) return keepEnds ? line : withoutEnd(line, this.#newline);
    return keepEnds ? line + this.ending : line;
  }

  /** Some of the lines that have been read already; none when there are none. @throws {TypeError} as `line` does. */
  lines(keepEnds: boolean): string[] {
    if (this.given === this.found.length && !this.#findLines()) return [];
    return this.#takeLines(keepEnds);
  }

  /** Reads more. @returns false when the file has ended and nothing is left. @throws {TypeError} as `line` does. */
  async more(): Promise<boolean> {
    if (await this.#readChunk()) return true;
    const last = this.#rest + this.#decodePiece();
    this.#rest = '';
    this.found = last === '' ? [] : [last];
    this.given = 0;
    this.ending = undefined;
    return last !== '';
  }

  /** The next `size` code units of text, as many as there are, never half a surrogate pair. */
  async text(size: number): Promise<string> {
    this.#join();
    for (let ended = false; !ended && this.#rest.length < size;) {
      ended = this.#at === this.#chunk.length && !(await this.#readChunk());
      this.#rest += this.#decodePiece();
    }
    let end = Math.min(size, this.#rest.length);
    if (end < this.#rest.length && isLowSurrogate(this.#rest.charCodeAt(end))) end++;
    const text = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end);
    return text;
  }

  /** Whether nothing has been read ahead. */
  get isEmpty(): boolean {
    const decoded = this.found.length - this.given + this.#rest.length + this.#held.length;
    return decoded === 0 && this.#at === this.#chunk.length && !(this.#decoding.pending > 0);
  }

  /** How many bytes have been read and not been given out. @throws {StateError} when that cannot be told. */
  unreadBytes(): number {
    if (this.isEmpty && !Number.isNaN(this.#decoding.pending)) return 0;
    const { encoding = 'utf-8' } = this.#options;
    this.#join();
    const bytes = encodedLength(this.#rest + this.#held, encoding);
    if (bytes !== undefined && this.#newline !== 'universal' && this.#options.errors !== 'replace') {
      return bytes + this.#decoding.pending + this.#chunk.length - this.#at;
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
    this.#at = 0;
    this.found = [];
    this.given = 0;
    this.#rest = '';
    this.#held = '';
    this.#unsplit = false;
    this.#decoding = makeDecoding(atStart ? this.#options : { ...this.#options, bom: 'keep' });
  }

  /** Returns when nothing is being read ahead any more, also in a cancelled scope. */
  settle(): Promise<void> {
    return this.#chunks.settle();
  }

  /** Only when all of the last chunk has been decoded. @returns false at the end of the file, which may grow later. */
  async #readChunk(): Promise<boolean> {
    this.#chunk = EMPTY;
    this.#at = 0;
    this.#chunk = await this.#chunks.next();
    return this.#chunk.length > 0;
  }

  /** The text of the next piece; of the end of the file when there is none. */
  #decodePiece(): string {
    const piece = this.#chunk.subarray(this.#at, this.#at + PIECE);
    this.#at += piece.length;
    const ended = piece.length === 0;
    let text = this.#held + this.#decoding.decode(piece, ended);
    this.#held = '';
    if (this.#newline === '\n' || !text.includes('\r')) return text;
    if (!ended && text.endsWith('\r')) {
      this.#held = '\r';
      text = text.slice(0, -1);
    }
    return this.#newline === 'universal' ? text.replace(/\r\n?/g, '\n') : text;
  }

  /** Decodes and splits what has been read, as far as there is a line. @returns whether there is one. */
  #findLines(): boolean {
    while (this.given === this.found.length) {
      if (this.#unsplit) this.#splitAgain();
      else if (this.#at < this.#chunk.length) this.#split(this.#decodePiece());
      else return false;
    }
    return true;
  }

  #splitAgain(): void {
    const text = this.#rest;
    this.#unsplit = false;
    this.#rest = '';
    this.#split(text);
  }

  // Only what is new is searched: a line of many chunks is put together once, when its end has come.
  #split(text: string): void {
    this.given = 0;
    this.ending = this.#newline === 'universal' ? '\n' : this.#newline;
    if (this.#newline === 'any') this.ending = text.includes('\r') ? uniformEnding(text) : '\n';
    this.found = this.ending === undefined ? splitKeepingEnds(text) : text.split(this.ending);
    const rest = this.found.pop() as string;
    if (this.found.length === 0) {
      this.#rest += rest;
    } else {
      if (this.#rest !== '') this.found[0] = this.#rest + (this.found[0] as string);
      this.#rest = rest;
    }
  }

  #takeLines(keepEnds: boolean): string[] {
    if (!keepEnds && this.ending !== undefined && this.given === 0) {
      const lines = this.found;
      this.found = [];
      return lines;
    }
    const lines: string[] = [];
    while (this.given < this.found.length) lines.push(this.line(keepEnds) as string);
    return lines;
  }

  /** Puts the lines that have not been given out back together with the rest. */
  #join(): void {
    if (this.given < this.found.length) this.#rest = this.#takeLines(true).join('') + this.#rest;
    this.found = [];
    this.given = 0;
    this.#unsplit = true;
  }
}

/** CR LF, if all newlines of the text are. */
function uniformEnding(text: string): string | undefined {
  const { length } = text.split('\r\n');
  return text.split('\n').length === length && text.split('\r').length === length ? '\r\n' : undefined;
}

/** Splits behind LF, CR LF and CR; the last one is what has no end. */
function splitKeepingEnds(text: string): string[] {
  const lines: string[] = [];
  const pieces = text.split('\n');
  for (const [i, piece] of pieces.entries()) {
    let start = 0;
    for (let cr = piece.indexOf('\r'); cr !== -1 && cr < piece.length - 1; cr = piece.indexOf('\r', start)) {
      lines.push(piece.slice(start, cr + 1));
      start = cr + 1;
    }
    lines.push(i === pieces.length - 1 ? piece.slice(start) : `${piece.slice(start)}\n`);
  }
  return lines;
}

function withoutEnd(line: string, newline: Newline): string {
  if (newline !== 'any') {
    const ending = newline === 'universal' ? '\n' : newline;
    return line.endsWith(ending) ? line.slice(0, -ending.length) : line;
  }
  if (line.endsWith('\r\n')) return line.slice(0, -2);
  return line.endsWith('\n') || line.endsWith('\r') ? line.slice(0, -1) : line;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
