import { inspectAs } from '@tercet/core/lowlevel';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import type { Cursor } from './cursor.ts';
import { LineSequence } from './line-sequence.ts';
import type { FileMode } from './mode.ts';
import { OpenedFile } from './opened-file.ts';
import type { Access } from './opened-file.ts';
import { Pieces } from '../sequences/pieces.ts';
import type { Newline } from './line-ends.ts';
import { encodeText, makeDecoding, requireWritable } from './text-encoding.ts';
import type { DecodeTextOptions } from './text-encoding.ts';
import { TextReader } from './text-reader.ts';

/** How an open file converts between bytes and text. */
export interface TextFileOptions extends DecodeTextOptions {
  /** What ends a line. `any` by default. */
  readonly newline?: Newline;
  /** Whether a new file begins with a byte order mark. False by default. */
  readonly writeBom?: boolean;
}

/** How lines are given out. */
export interface LinesOptions {
  /** Whether each line keeps its newline; by default it does not. */
  readonly keepEnds?: boolean;
}

const NEWLINES: readonly unknown[] = ['any', 'universal', '\n', '\r\n', '\r', undefined];

/** Makes a {@link TextFile}. */
export let makeTextFile: (
  cursor: Cursor,
  mode: string,
  access: Access & Partial<FileMode>,
  options: TextFileOptions,
) => TextFile;

/** Refuses options that would fail later. @throws {RangeError} when the encoding or the newline is not known. */
export function requireTextOptions(access: Access, options: TextFileOptions): void {
  const { encoding, newline } = options;
  if (access.write && encoding !== undefined) requireWritable(encoding);
  else makeDecoding(options);
  if (!NEWLINES.includes(newline)) {
    throw new RangeError(`newline must be 'any', 'universal', LF, CR LF or CR, not ${JSON.stringify(newline)}`);
  }
}

/**
 * An open file of text; made by {@link openFile}, or by {@link wrapFile}.
 *
 * It reads ahead, and collects what is written: `flush` and `close` write it out. Its operations follow each other when
 * several tasks use it. Each is a checkpoint; cancelled, it has had no effect.
 *
 * @example
 * await using file = await openFile('names.txt', 'r+');
 * for await (const line of file) console.log(line);
 * await file.write('one more\n');
 */
export class TextFile extends OpenedFile implements AsyncIterable<string> {
  static {
    makeTextFile = (cursor, mode, access, options) => new TextFile(cursor, mode, access, options);
    inspectAs(this, (file) => `TextFile ${file.name} ${file.mode}${file.closed ? ', closed' : ''}`);
  }

  readonly #options: TextFileOptions;
  readonly #reader: TextReader;
  #bomDue: boolean;

  private constructor(cursor: Cursor, mode: string, access: Access & Partial<FileMode>, options: TextFileOptions) {
    super(cursor, mode, access);
    this.#options = options;
    this.#reader = new TextReader(cursor, options);
    this.#bomDue = options.writeBom === true && (access.kind === 'w' || access.kind === 'x');
  }

  /**
   * The next `size` code units of text, as `length` counts them, fewer only at the end of the file; without a size all
   * that is left. A pair of surrogates is not torn apart.
   *
   * @throws {FsError} @throws {TypeError} when bytes do not decode. @throws {RangeError} when the size is none.
   */
  read(size: number = Infinity): Promise<string> {
    return this.reading('read()', async () => {
      if (!(size >= 0) || !(Number.isInteger(size) || size === Infinity)) {
        throw new RangeError(`read(): the size must be a whole number, not ${size}`);
      }
      await checkpointHere('read()');
      return this.#reader.read(size);
    });
  }

  /** The next line, without the newline at its end; `null` at the end of the file. @throws {FsError} */
  readLine(options?: LinesOptions): Promise<string | null> {
    return this.reading('readLine()', async () => {
      const keepEnds = options?.keepEnds === true;
      await checkpointHere('readLine()');
      for (;;) {
        const line = this.#reader.line(keepEnds);
        if (line !== undefined) return line;
        if (!(await this.#reader.more())) return null;
      }
    });
  }

  /** All lines that are left. @throws {FsError} */
  async readLines(options?: LinesOptions): Promise<string[]> {
    const lines: string[] = [];
    for await (const batch of this.batches(options)) for (const line of batch) lines.push(line);
    return lines;
  }

  /**
   * Its lines, one by one. The file is read in chunks, so memory stays bounded by the longest line. Leaving the loop does
   * not close the file; what has not been given out comes next.
   */
  lines(options?: LinesOptions): AsyncIterableIterator<string> {
    const keepEnds = options?.keepEnds === true;
    return new LineSequence(this.turns, this.#reader, keepEnds, () => this.readLine(options));
  }

  /** `lines()`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<string> {
    return this.lines();
  }

  /** Its lines, many at a time: for large files the fastest way through them. */
  batches(options?: LinesOptions): AsyncIterableIterator<string[]> {
    const keepEnds = options?.keepEnds === true;
    return new Pieces(() =>
      this.reading('batches()', async () => {
        await checkpointHere('batches()');
        for (;;) {
          const lines = this.#reader.lines(keepEnds);
          if (lines.length > 0) return lines;
          if (!(await this.#reader.more())) return undefined;
        }
      }),
    );
  }

  /**
   * Writes text, where it stands or, in append mode, at the end.
   *
   * What is only collected yet is lost if the process dies before `flush` or `close`.
   *
   * @throws {FsError} when the system refuses, be it for text of an earlier call.
   * @throws {TypeError} when it is not text, or has characters that the encoding does not know.
   */
  write(text: string): Promise<void> {
    return this.writing('write()', async () => {
      const bytes = this.#encode(text);
      await this.put(bytes);
      this.#bomDue = false;
    });
  }

  #encode(text: string): Buffer {
    const { encoding, newline } = this.#options;
    const translated = newline === '\r\n' || newline === '\r' ? text.replaceAll('\n', newline) : text;
    return encodeText(this.#bomDue ? `\uFEFF${translated}` : translated, encoding);
  }

  /** @internal */
  protected override unreadBytes(): number {
    return this.#reader.isEmpty ? 0 : this.#reader.unreadBytes();
  }

  /** @internal */
  protected override forget(position?: number): void {
    this.#reader.forget(position === 0);
  }

  /** @internal */
  protected override settle(): Promise<void> {
    return this.#reader.settle();
  }
}
