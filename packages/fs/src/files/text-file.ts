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

/**
 * How an open file converts between bytes and text.
 *
 * @example
 * await using folder = await Path.temporary();
 * // A file for programs that expect the line ends of Windows, and a byte order mark.
 * const path = folder.path.join('export.csv');
 * await using file = await openFile(path, 'w', { newline: '\r\n', writeBom: true });
 * await file.write('name,age\n');
 */
export interface TextFileOptions extends DecodeTextOptions {
  /** The ends of lines. `any` by default. */
  readonly newline?: Newline;
  /** Whether a new file begins with a byte order mark. False by default. */
  readonly writeBom?: boolean;
}

/**
 * The options of methods that return lines.
 *
 * @example
 * await using folder = await Path.temporary();
 * const path = folder.path.join('notes.txt');
 * await path.writeText('milk\r\nbread\n');
 * await using file = await openFile(path);
 * await file.readLines({ keepEnds: true }); // ['milk\r\n', 'bread\n']
 */
export interface LinesOptions {
  /** Whether each line keeps its newline. False by default. */
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
 * An open text file, made by {@link openFile} or by {@link wrapFile}.
 *
 * It reads ahead, and buffers what is written until `flush` or `close`. If several tasks use it, their operations run one after
 * the other. Each operation is a checkpoint, and has no effect if it is cancelled.
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
  /** Whether the next write begins with a byte order mark. */
  #bomDue: boolean;

  private constructor(cursor: Cursor, mode: string, access: Access & Partial<FileMode>, options: TextFileOptions) {
    super(cursor, mode, access);
    this.#options = options;
    this.#reader = new TextReader(cursor, options);
    this.#bomDue = options.writeBom === true && (access.kind === 'w' || access.kind === 'x');
  }

  /**
   * Reads the next `size` code units, as `length` counts them, and fewer only at the end of the file. Without a size, reads
   * the rest of the file. Returns one more code unit if a surrogate pair would be split.
   *
   * @throws {FsError} when the file cannot be read. @throws {TypeError} when bytes do not decode.
   * @throws {RangeError} when the size is negative or not an integer.
   */
  read(size: number = Infinity): Promise<string> {
    return this.reading('read()', async () => {
      if (!(size >= 0) || !(Number.isInteger(size) || size === Infinity)) {
        throw new RangeError(`read(): the size must be an integer, 0 or more, not ${size}`);
      }
      await checkpointHere('read()');
      return this.#reader.read(size);
    });
  }

  /** Reads the next line, without its newline; `null` at the end of the file. @throws {FsError} when it cannot be read. */
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

  /** Reads all remaining lines. @throws {FsError} when the file cannot be read. */
  async readLines(options?: LinesOptions): Promise<string[]> {
    const lines: string[] = [];
    for await (const batch of this.batches(options)) for (const line of batch) lines.push(line);
    return lines;
  }

  /**
   * The remaining lines, one by one. The file is read in chunks, so the longest line bounds the memory needed. Leaving the
   * loop does not close the file; the next read continues with the next line.
   */
  lines(options?: LinesOptions): AsyncIterableIterator<string> {
    const keepEnds = options?.keepEnds === true;
    return new LineSequence(this.turns, this.#reader, keepEnds, () => this.readLine(options));
  }

  /** The same as `lines()`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<string> {
    return this.lines();
  }

  /** The remaining lines, in arrays of many: the fastest way to read the lines of a large file. */
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
   * Writes text at the current position or, in append mode, at the end of the file.
   *
   * Text that is still buffered is lost if the process dies before `flush` or `close`.
   *
   * @throws {FsError} when this text, or text buffered earlier, cannot be written.
   * @throws {TypeError} when it is not a string, or has characters that the encoding lacks.
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
