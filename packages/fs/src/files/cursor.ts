import { close, fdatasync, fstat, fsync, ftruncate, read } from 'node:fs';
import type { Stats } from 'node:fs';
import { StateError, isCancelled } from '@tercet/core';
import { isSystemError } from '../pool/fs-error.ts';
import { inPool } from '../pool/in-pool.ts';
import type { Done } from '../pool/in-pool.ts';
import { finishInPool } from '../pool/finish-in-pool.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { requireSize } from './require-size.ts';
import { retryOnEagain } from './retry-on-eagain.ts';
import { ReadAhead } from './read-ahead.ts';
import { WriteBuffer } from './write-buffer.ts';
import { writeFully } from './write-fully.ts';

const ignore = (): void => undefined;

/**
 * The point from which `seek` counts.
 *
 * @example
 * await using folder = await Path.temporary();
 * await using file = await openFile(folder.path.join('record'), 'w+b');
 * await file.write(new Uint8Array(100));
 * const whence: Whence = 'end';
 * await file.seek(-16, whence); // 84: the last 16 bytes come next
 */
export type Whence = 'start' | 'current' | 'end';

/** The options of a cursor. */
export interface CursorOptions extends ThreadPoolOptions {
  /** The name of the file in errors. */
  readonly name: string;
  /** Whether writes go to the end of the file, independently of where it is read. */
  readonly append: boolean;
  /** The position of the descriptor, in bytes; `undefined` if it is not known. */
  readonly position: number | undefined;
  /** The size of the write buffer, in bytes; 0 for none. */
  readonly buffering: number;
  /** Whether other code may use the descriptor too. */
  readonly shared?: boolean;
  /** Closes the owner of the descriptor, if it has one. By default the descriptor itself is closed. */
  readonly close?: (done: Done<void>) => void;
}

/**
 * A file descriptor with a tracked position and a write buffer.
 *
 * Node cannot move the position of a descriptor, and pipes and terminals have none. So as long as everything goes forward,
 * the cursor uses the position of the system and counts along. From the first `seek` on, each operation names its position.
 *
 * The methods must not overlap: see `Turns`.
 */
export class Cursor {
  readonly fd: number;
  readonly name: string;
  readonly #options: CursorOptions;
  /**
   * Where the next read or write takes place, without the buffered bytes. `undefined` means the end of the file in append mode
   * after a write; otherwise, that the position is not known.
   */
  #position: number | undefined;
  /** Whether operations name `#position`. If not, they use the position of the system. */
  #explicit = false;
  readonly #buffer: WriteBuffer;
  /** The code of the error that the last flush has thrown, until it succeeds or more bytes are buffered. */
  #reported: string | undefined = undefined;

  constructor(fd: number, options: CursorOptions) {
    this.fd = fd;
    this.name = options.name;
    this.#options = options;
    this.#position = options.position;
    this.#buffer = new WriteBuffer(options.buffering);
  }

  /** Reads into `target` once. @returns the number of bytes; 0 at the end of the file. */
  read(target: Uint8Array, offset: number, length: number): Promise<number> {
    if (this.#buffer.length === 0 && this.#knowsWhereToRead && this.#options.shared !== true) {
      return this.#readNow(target, offset, length);
    }
    return this.#readAfterwards(target, offset, length);
  }

  async #readAfterwards(target: Uint8Array, offset: number, length: number): Promise<number> {
    await this.flush();
    if (!this.#knowsWhereToRead) await this.#goToEnd();
    return this.#retryIfShared(() => this.#readNow(target, offset, length));
  }

  /** In append mode, reading begins at the end of the file until the first seek, as in Python. The system would begin at 0. */
  get #knowsWhereToRead(): boolean {
    return this.#position !== undefined || !(this.#explicit || this.#options.append);
  }

  async #goToEnd(): Promise<void> {
    const stats = await this.stat();
    if (!stats.isFile()) return;
    this.#position = stats.size;
    this.#explicit = true;
  }

  // Not an async function: a large read evicts code from the processor's cache, so the less runs after it, the better
  // (benchmark `fs`, reading 1 MiB).
  #readNow(target: Uint8Array, offset: number, length: number): Promise<number> {
    const at = this.#explicit && this.#position !== undefined ? this.#position : null;
    return this.#do<number>('read', (done) => {
      read(this.fd, target, offset, length, at, (error, count) => {
        if (error === null) this.advance(count);
        done(error, count);
      });
    });
  }

  /** Whether the same bytes of the file can be read twice. */
  async mayReadAhead(): Promise<boolean> {
    return this.#options.shared !== true && this.#position !== undefined && (await this.stat()).isFile();
  }

  /** Begins to read at the current position without moving it. @returns `undefined` when all tokens are taken. */
  readAhead(target: Buffer): ReadAhead | undefined {
    if (this.#position === undefined) return undefined;
    this.#explicit = true;
    return ReadAhead.begin(this.fd, target, this.#position, `read ${this.name}`, this.#options);
  }

  /** Moves the position over bytes that have been read or written. */
  advance(count: number): void {
    if (this.#position !== undefined) this.#position += count;
  }

  /** Whether the write buffer has room for this many bytes. */
  fits(length: number): boolean {
    return this.#buffer.fits(length);
  }

  /** Puts bytes into the write buffer, in which they must fit. */
  collect(data: Uint8Array): void {
    this.#buffer.append(data);
    this.#reported = undefined;
  }

  /** Writes all bytes, after those in the buffer. */
  write(data: Uint8Array): Promise<void> {
    return this.#buffer.length === 0 ? this.#writeNow(data) : this.#writeAfterwards(data);
  }

  async #writeAfterwards(data: Uint8Array): Promise<void> {
    await this.flush();
    if (this.fits(data.byteLength)) this.collect(data);
    else await this.#writeNow(data);
  }

  #writeNow(data: Uint8Array): Promise<void> {
    let from = 0;
    return this.#retryIfShared((progress) =>
      this.#writeAll(from === 0 ? data : data.subarray(from), (written) => {
        if (written > 0) progress();
        from += written;
      }),
    );
  }

  /** Only a shared descriptor can be non-blocking. */
  #retryIfShared<T>(attempt: (progress: () => void) => Promise<T>): Promise<T> {
    return this.#options.shared === true ? retryOnEagain(attempt) : attempt(ignore);
  }

  /** Writes the buffered bytes. Those that could not be written stay in the buffer. */
  async flush(): Promise<void> {
    if (this.#buffer.length === 0) return;
    try {
      await this.#retryIfShared((progress) => this.#writeBuffer(progress));
      this.#reported = undefined;
    } catch (error) {
      if (isSystemError(error)) this.#reported = error.code;
      throw error;
    }
  }

  #writeBuffer(progress: () => void): Promise<void> {
    return this.#writeAll(this.#buffer.bytes, (written) => {
      if (written > 0) progress();
      this.#buffer.drop(written);
    });
  }

  async #writeAll(data: Uint8Array, account: (written: number) => void): Promise<void> {
    const at = this.#whereToWrite;
    let written = 0;
    try {
      await this.#do<void>('write', (done) => {
        writeFully(this.fd, data, at, (error, count) => {
          written = count;
          done(error);
        });
      });
    } finally {
      account(written);
      this.#hasWritten(written);
    }
  }

  /** `null` for the position of the system. */
  get #whereToWrite(): number | null {
    return this.#explicit && !this.#options.append ? (this.#position as number) : null;
  }

  #hasWritten(count: number): void {
    if (!this.#options.append) return this.advance(count);
    // Reading goes on from the end, which only the system knows.
    this.#position = undefined;
    this.#explicit = true;
  }

  /** Moves the position back over bytes that were read ahead and not used. */
  unread(count: number): void {
    if (count === 0) return;
    if (this.#position === undefined) throw this.#unknownPosition('write after a read');
    this.#position -= count;
    this.#explicit = true;
  }

  /**
   * Moves the position.
   *
   * @param unread how many bytes were read ahead and not used; only needed for `'current'`.
   * @returns the new position.
   */
  async seek(offset: number, whence: Whence, unread: number): Promise<number> {
    if (!Number.isSafeInteger(offset)) throw new RangeError(`seek(): the offset must be an integer, not ${offset}`);
    await this.flush();
    if (!this.#explicit || whence === 'end') {
      const stats = await this.stat();
      if (stats.isFIFO() || stats.isSocket()) {
        throw new StateError(`seek(): ${this.name} is a pipe or socket, which has no position`);
      }
      if (whence === 'end') offset += stats.size;
    }
    if (whence === 'current') offset += (await this.tell()) - unread;
    if (offset < 0) throw new RangeError(`seek(): position ${offset} is before the start of ${this.name}`);
    this.#position = offset;
    this.#explicit = true;
    return offset;
  }

  /** The position, including the buffered bytes. */
  async tell(): Promise<number> {
    if (this.#options.append && (this.#buffer.length > 0 || this.#position === undefined)) {
      return (await this.stat()).size + this.#buffer.length;
    }
    if (this.#position === undefined) throw this.#unknownPosition('tell()');
    return this.#position + this.#buffer.length;
  }

  #unknownPosition(operation: string): StateError {
    return new StateError(
      `${operation}: the position of ${this.name} is not known; seek() first, or give its position to wrapFile()`,
    );
  }

  async truncate(size: number): Promise<void> {
    requireSize(size, 'truncate()');
    await this.flush();
    await this.#do<void>('truncate', (done) => ftruncate(this.fd, size, done));
  }

  async sync(dataOnly: boolean): Promise<void> {
    await this.flush();
    await this.#do<void>('sync', (done) => (dataOnly ? fdatasync(this.fd, done) : fsync(this.fd, done)));
  }

  stat(): Promise<Stats> {
    return this.#do<Stats>('stat', (done) => fstat(this.fd, done));
  }

  /**
   * Writes the buffered bytes and closes the file. Always closes it, even in a cancelled scope or after an error.
   *
   * @param repeat whether to throw an error again that `flush` has already thrown for the same bytes.
   * @throws {FsError} when writing or closing fails.
   */
  async close(repeat: boolean): Promise<void> {
    const closing = this.#options.close ?? ((done: Done<void>) => close(this.fd, done));
    const reported = repeat ? undefined : this.#reported;
    if (this.#options.shared === true) await this.#flushWhilePossible();
    await finishInPool<void>(`close ${this.name}`, (done) => {
      this.#flushOnClose((unwritten) => {
        const known = reported !== undefined && isSystemError(unwritten, reported);
        closing((error) => done(known ? error : (unwritten ?? error)));
      });
    });
  }

  // A shared descriptor may be non-blocking. So wait until it takes the bytes here, where a cancellation can end the wait.
  // Errors are dropped: the last attempt, on closing, has the same ones, and a cancellation comes back at the next checkpoint.
  async #flushWhilePossible(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      if (!isCancelled(error) && !isSystemError(error)) throw error;
    }
  }

  #flushOnClose(next: (error: Error | null) => void): void {
    if (this.#buffer.length === 0) next(null);
    else writeFully(this.fd, this.#buffer.bytes, this.#whereToWrite, next);
  }

  #do<T>(verb: string, start: (done: Done<T>) => void): Promise<T> {
    return inPool<T>(`${verb} ${this.name}`, start, this.#options);
  }
}
