import { memoryToReadInto } from '@tercet/streams/lowlevel';
import { inspectAs } from '@tercet/core/lowlevel';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import type { Cursor } from './cursor.ts';
import { OpenedFile } from './opened-file.ts';
import type { Access } from './opened-file.ts';
import { Pieces } from '../sequences/pieces.ts';

/** How many bytes are read at a time. */
const AHEAD = 64 * 1024;
const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);

/** Makes a {@link BinaryFile}. */
export let makeBinaryFile: (cursor: Cursor, mode: string, access: Access) => BinaryFile;

/**
 * An open binary file, made by {@link openFile} with a `b` in its mode, or by {@link wrapFile}.
 *
 * It reads ahead, and buffers what is written until `flush` or `close`. If several tasks use it, their operations run one after
 * the other. Each operation is a checkpoint, and has no effect if it is cancelled.
 *
 * @example
 * await using file = await openFile('image.png', 'rb');
 * const signature = await file.read(8);
 */
export class BinaryFile extends OpenedFile implements AsyncIterable<Uint8Array> {
  static {
    makeBinaryFile = (cursor, mode, access) => new BinaryFile(cursor, mode, access);
    inspectAs(this, (file) => `BinaryFile ${file.name} ${file.mode}${file.closed ? ', closed' : ''}`);
  }

  /** The bytes that have been read ahead are those of the store from `#at` to `#end`. */
  #store: Buffer = NOTHING;
  #at = 0;
  #end = 0;

  private constructor(cursor: Cursor, mode: string, access: Access) {
    super(cursor, mode, access);
  }

  /**
   * Reads the next `size` bytes, and fewer only at the end of the file. Without a size, reads the rest of the file.
   *
   * @throws {FsError} when the file cannot be read. @throws {RangeError} when the size is negative or not an integer.
   */
  read(size: number = Infinity): Promise<Uint8Array> {
    return this.reading('read()', async () => {
      if (!(size >= 0) || !(Number.isInteger(size) || size === Infinity)) {
        throw new RangeError(`read(): the size must be an integer, 0 or more, not ${size}`);
      }
      if (this.#unread < size) await this.#gather(size);
      else await checkpointHere('read()');
      return this.#take(size);
    });
  }

  /**
   * Reads once into memory that the caller owns: the fastest way to read a large file, as nothing is copied.
   *
   * @returns the number of bytes read; 0 at the end of the file, or if `target` is empty.
   * @throws {FsError} when the file cannot be read.
   */
  readInto(target: Uint8Array): Promise<number> {
    return this.reading('readInto()', () =>
      this.#unread === 0 ? this.cursor.read(target, 0, target.byteLength) : this.#copyInto(target),
    );
  }

  async #copyInto(target: Uint8Array): Promise<number> {
    await checkpointHere('readInto()');
    const bytes = this.#take(target.byteLength);
    target.set(bytes);
    return bytes.length;
  }

  /** Reads the next line, without its newline; `null` at the end of the file. @throws {FsError} when it cannot be read. */
  readLine(): Promise<Uint8Array | null> {
    return this.reading('readLine()', () => this.#line());
  }

  /** Reads all remaining lines. @throws {FsError} when the file cannot be read. */
  async readLines(): Promise<Uint8Array[]> {
    const lines: Uint8Array[] = [];
    for await (const line of this) lines.push(line);
    return lines;
  }

  /** The remaining lines, one by one, without their newlines. Leaving the loop does not close the file. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return new Pieces(async () => (await this.readLine()) ?? undefined);
  }

  /**
   * The remaining bytes, in chunks. Leaving the loop does not close the file.
   *
   * @param size the largest size of a chunk, in bytes; 256 KiB by default.
   * @throws {RangeError} when the size is not a positive integer.
   */
  chunks(size: number = 256 * 1024): AsyncIterableIterator<Uint8Array> {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`chunks(): the size must be an integer, 1 or more, not ${size}`);
    }
    return new Pieces(async () => {
      const buffer = memoryToReadInto(size);
      const count = await this.readInto(buffer);
      return count === 0 ? undefined : new Uint8Array(buffer.buffer, buffer.byteOffset, count);
    });
  }

  /**
   * Writes bytes at the current position or, in append mode, at the end of the file.
   *
   * Bytes that are still buffered are lost if the process dies before `flush` or `close`.
   *
   * @throws {FsError} when these bytes, or bytes buffered earlier, cannot be written.
   */
  write(data: Uint8Array): Promise<void> {
    return this.writing('write()', () => {
      if (!ArrayBuffer.isView(data)) {
        throw new TypeError(
          `write(): a binary file takes a Uint8Array, not ${typeof data}; open the file without "b" to write text`,
        );
      }
      return this.put(data);
    });
  }

  get #unread(): number {
    return this.#end - this.#at;
  }

  /** @internal */
  protected override unreadBytes(): number {
    return this.#unread;
  }

  /** @internal */
  protected override forget(): void {
    this.#at = this.#end = 0;
  }

  /** @internal A binary file never reads before it is asked to, so there is nothing to wait for. */
  protected override settle(): Promise<void> {
    return Promise.resolve();
  }

  /** Takes the next `size` bytes that have been read ahead, or all of them. */
  #take(size: number): Uint8Array {
    const length = Math.min(size, this.#unread);
    const bytes = this.#store.subarray(this.#at, this.#at + length);
    this.#at += length;
    if (length < AHEAD || this.#unread > 0) return new Uint8Array(bytes);
    // The result is all of a large store: give the store away instead of copying it. The next read makes a new one.
    this.#store = NOTHING;
    this.forget();
    return new Uint8Array(bytes.buffer, bytes.byteOffset, length);
  }

  async #line(): Promise<Uint8Array | null> {
    let searched = 0;
    let end = this.#store.subarray(0, this.#end).indexOf(NEWLINE, this.#at);
    if (end !== -1) await checkpointHere('readLine()');
    while (end === -1) {
      searched = this.#unread;
      if (!(await this.#gather(searched + 1))) break;
      end = this.#store.subarray(0, this.#end).indexOf(NEWLINE, this.#at + searched);
    }
    if (end === -1) return searched === 0 ? null : this.#take(searched);
    const line = this.#take(end - this.#at);
    this.#at++;
    return line;
  }

  /**
   * Reads ahead until there are `size` bytes, or the file ends. If it fails or is cancelled, the bytes read so far stay, so
   * nothing is lost.
   *
   * @returns whether there are that many.
   */
  async #gather(size: number): Promise<boolean> {
    while (this.#unread < size) {
      if (this.#end === this.#store.length) this.#makeRoom();
      const count = await this.cursor.read(this.#store, this.#end, this.#store.length - this.#end);
      if (count === 0) return false;
      this.#end += count;
    }
    return true;
  }

  #makeRoom(): void {
    const unread = this.#store.subarray(this.#at, this.#end);
    const capacity = Math.max(AHEAD, unread.length * 2);
    const store = capacity <= this.#store.length && this.#at > 0 ? this.#store : memoryToReadInto(capacity);
    store.set(unread);
    this.#store = store;
    this.#end = unread.length;
    this.#at = 0;
  }
}
