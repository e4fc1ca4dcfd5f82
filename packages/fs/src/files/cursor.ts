import { close, fdatasync, fstat, fsync, ftruncate, read, write } from 'node:fs';
import type { Stats } from 'node:fs';
import { StateError, isCancelled } from '@tercet/core';
import { isSystemError } from '../pool/fs-error.ts';
import { inPool } from '../pool/in-pool.ts';
import type { Done } from '../pool/in-pool.ts';
import { finishInPool } from '../pool/finish-in-pool.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { retryOnEagain } from './retry-on-eagain.ts';
import { ReadAhead } from './read-ahead.ts';

const ignore = (): void => undefined;

/** From where `seek` counts. */
export type Whence = 'start' | 'current' | 'end';

/** What a cursor is made for. */
export interface CursorOptions extends ThreadPoolOptions {
  /** What the file is called in errors. */
  readonly name: string;
  /** Writes go to the end, wherever it reads. */
  readonly append: boolean;
  /** Where the descriptor stands; `undefined` when that is not known. */
  readonly position: number | undefined;
  /** At most this many bytes are collected before they are written; 0 writes each at once. */
  readonly buffering: number;
  /** Somebody else may use the descriptor, too. */
  readonly shared?: boolean;
  /** Closes what holds the descriptor, if that is not the descriptor itself. */
  readonly close?: (done: Done<void>) => void;
}

/**
 * A file descriptor with a position of its own, and with a buffer for what is to be written.
 *
 * Node cannot move the position of a descriptor, and pipes and terminals have none. So the system's position is used as
 * long as everything goes forward, and counted along; from the first `seek` on each operation says where it reads and
 * writes. Its methods must not overlap: see `Turns`.
 */
export class Cursor {
  readonly fd: number;
  readonly name: string;
  readonly #options: CursorOptions;
  /** Where the next read or write takes place; `undefined` stands for the end of the file, or for not known. */
  #position: number | undefined;
  #explicit = false;
  #buffer: Buffer | undefined = undefined;
  #buffered = 0;
  /** The code of the error with which the last flush failed, as long as nothing has been added to what it could not write. */
  #told: string | undefined = undefined;

  constructor(fd: number, options: CursorOptions) {
    this.fd = fd;
    this.name = options.name;
    this.#options = options;
    this.#position = options.position;
  }

  /** Reads into `target` once; 0 at the end. */
  read(target: Uint8Array, offset: number, length: number): Promise<number> {
    if (this.#buffered === 0 && this.#knowsWhereToRead && this.#options.shared !== true) {
      return this.#readNow(target, offset, length);
    }
    return this.#readAfterwards(target, offset, length);
  }

  async #readAfterwards(target: Uint8Array, offset: number, length: number): Promise<number> {
    await this.flush();
    if (!this.#knowsWhereToRead) await this.#goToEnd();
    return this.#mayHaveToWait(() => this.#readNow(target, offset, length));
  }

  /** A file that is appended to is read from its end on until somebody seeks, as in Python; the system would begin at 0. */
  get #knowsWhereToRead(): boolean {
    return this.#position !== undefined || !(this.#explicit || this.#options.append);
  }

  async #goToEnd(): Promise<void> {
    const stats = await this.stat();
    if (!stats.isFile()) return;
    this.#position = stats.size;
    this.#explicit = true;
  }

  // Without a function of ours around the wait: a large read drives everything out of the processor's cache, and what is
  // not run need not come back (benchmark `fs`, reading 1 MiB).
  #readNow(target: Uint8Array, offset: number, length: number): Promise<number> {
    const at = this.#explicit && this.#position !== undefined ? this.#position : null;
    return this.#do<number>('read', (done) => {
      read(this.fd, target, offset, length, at, (error, count) => {
        if (error === null) this.advance(count);
        done(error, count);
      });
    });
  }

  /** Whether it is a file of which the same bytes can be read twice. */
  async mayReadAhead(): Promise<boolean> {
    return this.#options.shared !== true && this.#position !== undefined && (await this.stat()).isFile();
  }

  /** Begins to read what comes next, but stays where it is; `undefined` when all tokens are taken. */
  readAhead(target: Buffer): ReadAhead | undefined {
    if (this.#position === undefined) return undefined;
    this.#explicit = true;
    return ReadAhead.begin(this.fd, target, this.#position, `read ${this.name}`, this.#options);
  }

  /** Goes over what has been read ahead. */
  advance(count: number): void {
    if (this.#position !== undefined) this.#position += count;
  }

  /** Whether it could take that much into its buffer right now. */
  fits(length: number): boolean {
    return this.#buffered + length <= this.#options.buffering;
  }

  /** Takes bytes into the buffer; only if they fit. */
  collect(data: Uint8Array): void {
    this.#buffer ??= Buffer.allocUnsafeSlow(this.#options.buffering);
    this.#buffer.set(data, this.#buffered);
    this.#buffered += data.byteLength;
    this.#told = undefined;
  }

  /** Writes all of it, at once or, if something is in the buffer, behind that. */
  write(data: Uint8Array): Promise<void> {
    return this.#buffered === 0 ? this.#writeNow(data) : this.#writeAfterwards(data);
  }

  async #writeAfterwards(data: Uint8Array): Promise<void> {
    await this.flush();
    if (this.fits(data.byteLength)) this.collect(data);
    else await this.#writeNow(data);
  }

  #writeNow(data: Uint8Array): Promise<void> {
    let from = 0;
    return this.#mayHaveToWait((progress) =>
      this.#writeAll(data, from, (written) => {
        if (written > 0) progress();
        from += written;
      }),
    );
  }

  /** Only a descriptor that somebody else has a hand on may be non-blocking. */
  #mayHaveToWait<T>(attempt: (progress: () => void) => Promise<T>): Promise<T> {
    return this.#options.shared === true ? retryOnEagain(attempt) : attempt(ignore);
  }

  /** Writes what is buffered. What could not be written stays there. */
  async flush(): Promise<void> {
    if (this.#buffer === undefined || this.#buffered === 0) return;
    try {
      await this.#mayHaveToWait((progress) => this.#writeBuffer(progress));
      this.#told = undefined;
    } catch (error) {
      if (isSystemError(error)) this.#told = error.code;
      throw error;
    }
  }

  #writeBuffer(progress: () => void): Promise<void> {
    const buffer = this.#buffer as Buffer;
    return this.#writeAll(buffer.subarray(0, this.#buffered), 0, (written) => {
      if (written > 0) progress();
      buffer.copyWithin(0, written, this.#buffered);
      this.#buffered -= written;
    });
  }

  async #writeAll(data: Uint8Array, from: number, account: (written: number) => void): Promise<void> {
    const { append } = this.#options;
    const start = this.#position;
    const explicit = this.#explicit && !append;
    let written = 0;
    try {
      await this.#do<void>('write', (done) => {
        const step = (error: Error | null, count: number): void => {
          written += count;
          if (error !== null || from + written === data.byteLength) done(error);
          else next();
        };
        const next = (): void => {
          const at = explicit ? (start as number) + written : null;
          write(this.fd, data, from + written, data.byteLength - from - written, at, step);
        };
        next();
      });
    } finally {
      account(written);
      if (append) {
        // Only the system knows where the end is now; reading goes on from there.
        this.#position = undefined;
        this.#explicit = true;
      } else if (start !== undefined) {
        this.#position = start + written;
      }
    }
  }

  /** Goes back over what has been read ahead and not been used. */
  unread(count: number): void {
    if (count === 0) return;
    if (this.#position === undefined) throw this.#unknownPosition('write after a read');
    this.#position -= count;
    this.#explicit = true;
  }

  /** @param unread how much has been read ahead and not been used; it is forgotten. @returns the new position. */
  async seek(offset: number, whence: Whence, unread: number): Promise<number> {
    if (!Number.isSafeInteger(offset)) throw new RangeError(`seek(): the offset must be a whole number, not ${offset}`);
    await this.flush();
    if (!this.#explicit || whence === 'end') {
      const stats = await this.stat();
      if (stats.isFIFO() || stats.isSocket()) {
        throw new StateError(`seek(): ${this.name} is a pipe or socket, which has no position`);
      }
      if (whence === 'end') offset += stats.size;
    }
    if (whence === 'current') offset += (await this.tell()) - unread;
    if (offset < 0) throw new RangeError(`seek(): ${offset} lies before the start of ${this.name}`);
    this.#position = offset;
    this.#explicit = true;
    return offset;
  }

  /** Where it stands, counting what is buffered. */
  async tell(): Promise<number> {
    if (this.#options.append && (this.#buffered > 0 || this.#position === undefined)) {
      return (await this.stat()).size + this.#buffered;
    }
    if (this.#position === undefined) throw this.#unknownPosition('tell()');
    return this.#position + this.#buffered;
  }

  #unknownPosition(operation: string): StateError {
    return new StateError(
      `${operation}: where the wrapped descriptor of ${this.name} stands is not known; seek() first, or give its position to wrapFile()`,
    );
  }

  async truncate(size: number): Promise<void> {
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
   * Writes what is buffered and closes, in any case, also in a cancelled scope.
   *
   * @param repeat whether an error is thrown that `flush` has thrown before, for the same data.
   * @throws {FsError} what the system said to either of them.
   */
  async close(repeat: boolean): Promise<void> {
    const closing = this.#options.close ?? ((done: Done<void>) => close(this.fd, done));
    const told = repeat ? undefined : this.#told;
    if (this.#options.shared === true) await this.#flushWhilePossible();
    await finishInPool<void>(`close ${this.name}`, (done) => {
      this.#flushOnClose((unwritten) => {
        const known = told !== undefined && isSystemError(unwritten, told);
        closing((error) => done(known ? error : (unwritten ?? error)));
      });
    });
  }

  // What has to be waited for must be waited for before, where a cancel can end it. Whatever happens here happens once more
  // on closing, but for the cancellation, which comes back at the next checkpoint.
  async #flushWhilePossible(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      if (!isCancelled(error) && !isSystemError(error)) throw error;
    }
  }

  #flushOnClose(next: (error: Error | null) => void): void {
    const data = this.#buffer;
    let written = 0;
    const step = (error: Error | null, count: number): void => {
      written += count;
      if (error !== null || data === undefined || written === this.#buffered) return next(error);
      const explicit = this.#explicit && !this.#options.append;
      const at = explicit ? (this.#position as number) + written : null;
      write(this.fd, data, written, this.#buffered - written, at, step);
    };
    step(null, 0);
  }

  #do<T>(verb: string, start: (done: Done<T>) => void): Promise<T> {
    return inPool<T>(`${verb} ${this.name}`, start, this.#options);
  }
}
