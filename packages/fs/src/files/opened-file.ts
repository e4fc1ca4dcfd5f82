import type { Stats } from 'node:fs';
import { StateError } from '@tercet/core';
import { ready, rejectIfCancelled } from '@tercet/core/lowlevel';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import type { Cursor, Whence } from './cursor.ts';
import { lockDescriptor, makeFileLock } from './file-lock.ts';
import type { FileLock, FileLockOptions } from './file-lock.ts';
import { Turns } from './turns.ts';

/** What an open file may be used for. */
export interface Access {
  readonly read: boolean;
  readonly write: boolean;
}

/**
 * What files of text and of bytes have in common: they stand somewhere, collect what is written, and are closed. What
 * differs is how they read ahead; this much they say of it to the one they share their position with.
 */
export abstract class OpenedFile implements AsyncDisposable {
  /** What it was opened as. */
  readonly name: string;
  readonly mode: string;
  /** @internal */
  protected readonly cursor: Cursor;
  /** @internal */
  protected readonly turns: Turns;
  readonly #access: Access;
  #locked = false;

  /** @internal */
  constructor(cursor: Cursor, mode: string, access: Access) {
    this.name = cursor.name;
    this.mode = mode;
    this.cursor = cursor;
    this.turns = new Turns(cursor.name);
    this.#access = access;
  }

  /** @internal How many bytes have been read and not been given out. */
  protected abstract unreadBytes(): number;

  /** @internal Drops them. @param position where the file stands now, if that is known. */
  protected abstract forget(position?: number): void;

  /** @internal Returns when nothing is being read any more, also in a cancelled scope. */
  protected abstract settle(): Promise<void>;

  get closed(): boolean {
    return this.turns.closed;
  }

  /** The number of its file descriptor. @throws {ClosedResourceError} */
  get fd(): number {
    if (this.closed) throw this.turns.closedError('fd');
    return this.cursor.fd;
  }

  /**
   * Moves to a position in bytes, also beyond the end; in text it should be one that `tell()` gave.
   *
   * @returns the new position. @throws {StateError} for pipes.
   */
  seek(offset: number, whence: Whence = 'start'): Promise<number> {
    return this.turns.run('seek()', async () => {
      await checkpointHere('seek()');
      const unread = whence === 'current' ? this.unreadBytes() : 0;
      const position = await this.cursor.seek(offset, whence, unread);
      this.forget(position);
      return position;
    });
  }

  /** Where it stands, in bytes. @throws {StateError} when the encoding or the newline policy do not let that be told. */
  tell(): Promise<number> {
    return this.turns.run('tell()', async () => {
      await checkpointHere('tell()');
      const unread = this.unreadBytes();
      return (await this.cursor.tell()) - unread;
    });
  }

  /** Cuts the file to a length in bytes, or fills it up with zeros to there; by default it is cut where it stands. */
  truncate(size?: number): Promise<void> {
    return this.writing('truncate()', async () => this.cursor.truncate(size ?? (await this.cursor.tell())));
  }

  /** Hands what is collected to the system. @throws {FsError} */
  flush(): Promise<void> {
    return this.turns.run('flush()', async () => {
      await checkpointHere('flush()');
      await this.cursor.flush();
    });
  }

  /** Returns when what has been written is on the disk. @param options `dataOnly` leaves times and the like behind. */
  sync(options?: { readonly dataOnly?: boolean }): Promise<void> {
    return this.turns.run('sync()', () => this.cursor.sync(options?.dataOnly === true));
  }

  /** Size, times and permissions. What is only collected yet does not count. */
  stat(): Promise<Stats> {
    return this.turns.run('stat()', () => this.cursor.stat());
  }

  /**
   * Waits for an advisory lock on all of the file: other programs, and other files opened in this one, are kept out as far
   * as they ask for a lock, too. It is held until it is released, or the file closed.
   *
   * A checkpoint; cancelled, it holds no lock. The one that has waited longest need not be the next.
   *
   * @throws {WouldBlock} when somebody else holds one and `wait` is false.
   * @throws {StateError} when this file is locked already, or an exclusive lock is asked of a file that is not open for writing.
   * @throws {ClosedResourceError} when it is closed meanwhile. @throws {FsError} when the file system knows no locks.
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
    if (this.#locked) throw new StateError(`lock(): ${this.name} is locked already; release that lock first`);
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
   * Writes what is collected and closes, after the operation at hand. Closing again does nothing.
   *
   * A checkpoint. In a cancelled scope it closes all the same, and throws `Cancelled` then.
   *
   * @throws {FsError} when something could not be written; it is closed then, too.
   */
  async close(): Promise<void> {
    await this.#end(true);
    await checkpointHere('close()');
  }

  /**
   * `close`, but the error that ends a block must not be hidden: `Cancelled` is left to the next checkpoint, and an error
   * that the last `write` or `flush` has thrown is not thrown again for the same data. Call `close` to be sure.
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

  /** @internal An operation that reads, when its turn has come. */
  protected reading<T>(operation: string, body: () => Promise<T>): Promise<T> {
    return this.turns.run(operation, () => {
      this.#require('read', operation);
      return body();
    });
  }

  /** @internal An operation that writes, when its turn has come: where it has been read to, as far as that was given out. */
  protected writing<T>(operation: string, body: () => Promise<T>): Promise<T> {
    return this.turns.run(operation, () => {
      this.#require('write', operation);
      this.cursor.unread(this.unreadBytes());
      this.forget();
      return body();
    });
  }

  /** @internal Writes all of it, or collects it while there is room. */
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
