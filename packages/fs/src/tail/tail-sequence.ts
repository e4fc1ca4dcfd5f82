import { stat } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { LineSplitter } from '@tercet/streams/lowlevel';
import { ReceiveLimitError } from '@tercet/streams';
import { absoluteText } from '../operations/absolute-text.ts';
import { isAbsent, operate } from '../operations/operate.ts';
import type { Operation } from '../operations/operate.ts';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { Sequence } from '../sequences/sequence.ts';
import { FileChanges } from './file-changes.ts';
import { TailedFile, identityOf } from './tailed-file.ts';
import type { Begin } from './tailed-file.ts';
import { atLastLines, atLastLinesOf, endOfFile } from './where-to-begin.ts';

/**
 * The options of `Path.tail`.
 *
 * @example
 * await using folder = await Path.temporary();
 * const log = folder.path.join('app.log');
 * await log.writeText('one\ntwo\nthree\n');
 * for await (const line of log.tail({ lines: 2 })) console.log(line); // two, three
 * // The lines that are written from now on, also to a new file of this name after a rotation:
 * await moveOnAfter(20, async () => {
 *   for await (const line of log.tail({ from: 'end', follow: 'name' })) console.log(line);
 * });
 */
export interface TailOptions extends ThreadPoolOptions {
  /**
   * Where to begin: `'start'` at the first line, `'end'` with the lines that are written after the call. By default with the
   * last `lines` lines.
   */
  readonly from?: 'start' | 'end';
  /** How many of the last lines come first. 10 by default; 0 with `from: 'end'`. */
  readonly lines?: number;
  /**
   * Whether to wait for more lines at the end of the file. By default the loop ends there.
   *
   * - `'name'`: of the file that has this name, whichever it is. It may be created later, and replaced by another one, which is
   *   then read from its beginning.
   * - `'file'`: of the file that has this name now, wherever it is moved to.
   */
  readonly follow?: 'name' | 'file';
  /** The longest line, in bytes. 64 MiB by default. */
  readonly maxLine?: number;
}

/** The default of `lines`. */
const LINES = 10;

/** The default of `maxLine`, in bytes. */
const MAX_LINE = 64 * 1024 * 1024;

const NO_LINES: IterableIterator<string> = [][Symbol.iterator]();

/**
 * The lines of a file that grows. Also known as `tail -f`.
 *
 * Implementation details:
 * - **Each step** reads what has been appended to the open file, up to its end. Only there it looks whether the file was
 *   truncated or replaced, and waits if neither is the case. An event while it looked makes it look again.
 * - **Truncated**: the file is shorter than what has been read of it. It is read from its beginning.
 * - **Replaced**: the name leads to another file that is not empty. The writer has turned to that one, so the old file, of
 *   which the end has been read again since, is complete. While the new file is empty, the writer may still use the old one.
 * - **A line without a line end** waits for its end. It is complete when the file is replaced or truncated, or not followed.
 */
export class TailSequence extends Sequence<string> {
  readonly #path: string;
  readonly #attempted: string;
  readonly #options: TailOptions;
  readonly #maxLine: number;
  /** Where to begin in the first file; at its first byte if `undefined`. */
  readonly #begin: Begin | undefined;
  #splitter: LineSplitter;
  /** The lines that have been read and not returned. */
  #lines = NO_LINES;
  /** True until the first line of a file that is read from its beginning has been returned: it may have a byte order mark. */
  #atFirstLine = false;
  /** Open from the moment in which it exists until the end. */
  #file: TailedFile | undefined = undefined;
  /** There from the first step on if the file is followed. */
  #changes: FileChanges | undefined = undefined;
  /** The step that is being taken. */
  #step: Promise<void> | undefined = undefined;
  /** True when the file has been read to its end, and is not followed. */
  #complete = false;
  /** True when no further step may begin. */
  #closed = false;

  /** @throws {TypeError} or {RangeError} when an option is wrong. */
  constructor(path: string, options: TailOptions = {}) {
    super();
    const lines = requireOptions(options);
    this.#path = absoluteText(path);
    this.#attempted = `tail ${path}`;
    this.#options = options;
    this.#maxLine = options.maxLine ?? MAX_LINE;
    this.#splitter = this.#newSplitter();
    if (options.from === 'start') this.#begin = undefined;
    else if (options.follow === undefined) this.#begin = atLastLines(lines);
    // From the call on, no line is missed, although the file is only opened at the first step.
    else this.#begin = atLastLinesOf(endOfFile(this.#path), lines);
  }

  #newSplitter(): LineSplitter {
    return new LineSplitter({ maxBytes: this.#maxLine });
  }

  protected override async produce(): Promise<string | undefined> {
    await checkpointHere(this.#attempted);
    while (!this.#closed) {
      const line = this.#nextLine();
      if (line !== undefined) return line;
      if (this.#complete) return undefined;
      this.#step = this.#advance();
      await this.#step;
    }
    return undefined;
  }

  #nextLine(): string | undefined {
    const { done, value } = this.#takeLine();
    if (done === true) return undefined;
    const isFirst = this.#atFirstLine;
    this.#atFirstLine = false;
    return isFirst && value.startsWith('\uFEFF') ? value.slice(1) : value;
  }

  #takeLine(): IteratorResult<string, undefined> {
    try {
      return this.#lines.next();
    } catch (error) {
      if (!(error instanceof ReceiveLimitError)) throw error;
      const text = `cannot ${this.#attempted}: a line is longer than the ${this.#maxLine} bytes that maxLine allows`;
      throw new ReceiveLimitError(text, { cause: error });
    }
  }

  /** Reads more, or waits until there may be more. */
  async #advance(): Promise<void> {
    const isByName = this.#options.follow === 'name';
    if (isByName) this.#changes ??= FileChanges.ofName(this.#path, this.#options);
    const seen = this.#changes?.count ?? 0;
    await this.#changes?.renew();
    if (this.#closed) return;
    this.#file ??= await this.#open(this.#begin);
    if (this.#closed) return;
    const file = this.#file;
    if (file === undefined) return await this.#changes?.wait(seen);
    if (this.#options.follow === 'file') this.#changes ??= FileChanges.ofFile(this.#path, file.identity);
    const isAtStart = file.position === 0;
    const bytes = await file.read();
    if (bytes.length > 0) {
      this.#atFirstLine ||= isAtStart;
      this.#lines = this.#splitter.push(bytes);
    } else if (this.#changes === undefined) this.#complete = this.#endLines();
    else if (!this.#closed && !(await this.#lookFurther(file)) && !this.#closed) await this.#changes.wait(seen);
  }

  /** @returns `undefined` if there is no such file yet. */
  async #open(begin: Begin | undefined): Promise<TailedFile | undefined> {
    try {
      return await TailedFile.open(this.#path, this.#attempted, begin, this.#options);
    } catch (error) {
      if (this.#options.follow === 'name' && isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** At the end of the file: whether there is more to read, in this one or in another one. */
  async #lookFurther(file: TailedFile): Promise<boolean> {
    const isReplaced = this.#options.follow === 'name' && (await this.#isReplaced(file));
    if (this.#closed) return false;
    // Looked at afterwards: what was appended to it before the other one got its first bytes has been appended by now.
    const size = await file.size();
    if (size > file.position) return true;
    if (size < file.position) {
      file.position = 0;
      return this.#endLines();
    }
    return isReplaced && !this.#closed && (await this.#replace(file));
  }

  async #isReplaced({ identity }: TailedFile): Promise<boolean> {
    const examine: Operation<BigIntStats> = (path, done) => stat(path, { bigint: true }, done);
    try {
      const stats = await operate<BigIntStats>('tail', this.#path, examine, this.#options);
      return identityOf(stats) !== identity && stats.size > 0n;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  async #replace(old: TailedFile): Promise<boolean> {
    const file = await this.#open(undefined);
    if (file === undefined) return false;
    this.#file = file;
    await old.close();
    return this.#endLines();
  }

  /** The file has been read to its end, so its last line needs no line end. @returns true. */
  #endLines(): true {
    this.#lines = this.#splitter.end();
    this.#splitter = this.#newSplitter();
    return true;
  }

  protected override async release(): Promise<void> {
    this.#closed = true;
    this.#changes?.close();
    // Another task may be in a step: the descriptor must not be closed while it reads.
    await this.#step?.catch(() => undefined);
    this.#changes?.close();
    await this.#file?.close();
  }
}

/** @returns how many of the last lines come first. */
function requireOptions({ from, lines, follow, maxLine = MAX_LINE }: TailOptions): number {
  if (from !== undefined && from !== 'start' && from !== 'end') {
    throw new RangeError(`tail(): from must be 'start' or 'end', not ${String(from)}`);
  }
  if (follow !== undefined && follow !== 'name' && follow !== 'file') {
    throw new RangeError(`tail(): follow must be 'name' or 'file', not ${String(follow)}`);
  }
  if (!Number.isInteger(maxLine) || maxLine < 1) {
    throw new RangeError(`tail(): maxLine must be a number of bytes, 1 or more, but is ${String(maxLine)}`);
  }
  if (lines === undefined) return from === undefined ? LINES : 0;
  if (from === 'start') throw new RangeError("tail(): lines cannot be combined with from: 'start', which is all lines");
  if ((Number.isInteger(lines) && lines >= 0) || lines === Infinity) return lines;
  throw new RangeError(`tail(): lines must be an integer of 0 or more, or Infinity, but is ${String(lines)}`);
}
