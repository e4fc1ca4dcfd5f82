import type { Stats } from 'node:fs';
import { StateError } from '@tercet/core';
import { ready, rejectIfCancelled } from '@tercet/core/lowlevel';
import { Turns } from '@tercet/sync';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import type { Cursor, Whence } from './cursor.ts';
import { lockDescriptor, makeFileLock } from './file-lock.ts';
import type { FileLock, FileLockOptions } from './file-lock.ts';

/** Whether an open file may be read and written. */
export interface Access {
  readonly read: boolean;
  readonly write: boolean;
}

/**
 * The common base of text and binary files: a position, a write buffer, and closing. They differ in how they read ahead; the
 * three abstract methods are all that this class needs to know of that.
 *
 * @example
 * // For files of both kinds.
 * const rewind = (file: OpenedFile): Promise<number> => file.seek(0);
 * await using folder = await Path.temporary();
 * await using file = await openFile(folder.path.join('notes.txt'), 'w+');
 * await file.write('milk\n');
 * await rewind(file);
 * await file.read(); // 'milk\n'
 */
export abstract class OpenedFile implements AsyncDisposable {
  /** The path with which it was opened. */
  readonly name: string;
  /** The mode with which it was opened. */
  readonly mode: string;
  /** @internal */
  protected readonly cursor: Cursor;
  /** @internal */
  protected readonly turns: Turns;
  readonly #access: Access;
  /** Whether this file holds a lock, or waits for one. */
  #locked = false;

  /** @internal */
  constructor(cursor: Cursor, mode: string, access: Access) {
    this.name = cursor.name;
    this.mode = mode;
    this.cursor = cursor;
    this.turns = new Turns('its turn at a file', `the file ${cursor.name} has been closed`);
    this.#access = access;
  }

  /** @internal The number of bytes that were read ahead and have not been returned to a caller. */
  protected abstract unreadBytes(): number;

  /** @internal Drops the bytes that were read ahead. @param position the new position of the file, if known. */
  protected abstract forget(position?: number): void;

  /** @internal Waits until no read is pending, even in a cancelled scope. */
  protected abstract settle(): Promise<void>;

  get closed(): boolean {
    return this.turns.closed;
  }

  /** The file descriptor. @throws {ClosedResourceError} when the file is closed. */
  get fd(): number {
    if (this.closed) throw this.turns.closedError('fd');
    return this.cursor.fd;
  }

  /**
   * Moves to a position in bytes, which may be beyond the end. In a text file it should come from `tell()`.
   *
   * @returns the new position.
   * @throws {RangeError} when the position is negative or not an integer. @throws {StateError} for pipes and sockets.
   */
  seek(offset: number, whence: Whence = 'start'): Promise<number> {
    return this.turns.run(async () => {
      await checkpointHere('seek()');
      const unread = whence === 'current' ? this.unreadBytes() : 0;
      const position = await this.cursor.seek(offset, whence, unread);
      this.forget(position);
      return position;
    }, 'seek()');
  }

  /** The position, in bytes. @throws {StateError} when it cannot be computed for this encoding or newline option. */
  tell(): Promise<number> {
    return this.turns.run(async () => {
      await checkpointHere('tell()');
      const unread = this.unreadBytes();
      return (await this.cursor.tell()) - unread;
    }, 'tell()');
  }

  /** Cuts the file to a size in bytes, or extends it with zeros. The default size is the current position. */
  truncate(size?: number): Promise<void> {
    return this.writing('truncate()', async () => this.cursor.truncate(size ?? (await this.cursor.tell())));
  }

  /** Passes the write buffer to the system. @throws {FsError} when it cannot be written. */
  flush(): Promise<void> {
    return this.turns.run(async () => {
      await checkpointHere('flush()');
      await this.cursor.flush();
    }, 'flush()');
  }

  /** Writes everything to the disk, and waits for that. @param options with `dataOnly`, times and the like may come later. */
  sync(options?: { readonly dataOnly?: boolean }): Promise<void> {
    return this.turns.run(() => this.cursor.sync(options?.dataOnly === true), 'sync()');
  }

  /** Size, times and permissions. The size does not include the write buffer. */
  stat(): Promise<Stats> {
    return this.turns.run(() => this.cursor.stat(), 'stat()');
  }

  /**
   * Waits for an advisory lock on the whole file. It keeps out other programs, and other open files in this one, but only
   * those that ask for a lock too. The lock is held until it is released or the file is closed.
   *
   * A checkpoint; if it is cancelled, no lock is held. Waiters do not get the lock in any particular order.
   *
   * It needs the package `fs-native-extensions`, an optional peer dependency: `npm install fs-native-extensions`.
   *
   * @throws {WouldBlock} when another lock excludes it and `wait` is false.
   * @throws {StateError} when this file has a lock already, or the lock is exclusive and the file is not open for writing, or
   *   when the package is not installed.
   * @throws {ClosedResourceError} when the file is closed during the wait.
   * @throws {FsError} when the file system does not support locks.
   * @example
   * await using file = await openFile('counter', 'r+');
   * using _ = await file.lock();
   * const count = Number(await file.read()) + 1;
   * await file.seek(0);
   * await file.write(String(count));
   * await file.flush();
   */
  async lock(options: FileLockOptions = {}): Promise<FileLock> {
    await checkpointHere('lock()');
    if (options.shared !== true) this.#require('write', 'lock()');
    if (this.#locked) throw new StateError(`lock(): this file has a lock on ${this.name} already; release it first`);
    this.#locked = true;
    try {
      const unlock = await lockDescriptor(this.name, () => this.fd, options);
      return makeFileLock(this.name, () => {
        this.#locked = false;
        if (!this.closed) unlock();
      });
    } catch (error) {
      this.#locked = false;
      throw error;
    }
  }

  /**
   * Waits for a running operation, then writes the buffer and closes the file. Closing again has no effect.
   *
   * A checkpoint. In a cancelled scope it closes the file, and then throws `Cancelled`.
   *
   * @throws {FsError} when the buffer could not be written; the file is closed all the same.
   */
  async close(): Promise<void> {
    await this.#end(true);
    await checkpointHere('close()');
  }

  /**
   * Closes the file at the end of an `await using` block, without hiding the error that ends the block: it does not throw
   * `Cancelled`, nor an error that the last `write` or `flush` has already thrown for the same bytes. `close` throws both.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end(false);
  }

  async #end(repeat: boolean): Promise<void> {
    if (this.closed) return;
    await this.turns.close();
    await this.settle();
    await this.cursor.close(repeat);
  }

  /** @internal Runs an operation that reads, when its turn has come. */
  protected reading<T>(operation: string, body: () => Promise<T>): Promise<T> {
    return this.turns.run(() => {
      this.#require('read', operation);
      return body();
    }, operation);
  }

  /** @internal Runs an operation that writes, when its turn has come, at the position up to which callers have read. */
  protected writing<T>(operation: string, body: () => Promise<T>): Promise<T> {
    return this.turns.run(() => {
      this.#require('write', operation);
      this.cursor.unread(this.unreadBytes());
      this.forget();
      return body();
    }, operation);
  }

  /** @internal Buffers bytes if there is room for them, and writes them otherwise. */
  protected put(bytes: Uint8Array): Promise<void> {
    return this.cursor.fits(bytes.byteLength) ? this.#collect(bytes) : this.cursor.write(bytes);
  }

  async #collect(bytes: Uint8Array): Promise<void> {
    await rejectIfCancelled('write()');
    this.cursor.collect(bytes);
    return ready(undefined, 'write()');
  }

  #require(access: 'read' | 'write', operation: string): void {
    if (!this.#access[access]) throw new StateError(`${operation}: ${this.name} was opened in mode ${this.mode}`);
  }
}
