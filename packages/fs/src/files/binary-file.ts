import { inspectAs } from '@tercet/core/lowlevel';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import { memoryToReadInto } from '@tercet/streams';
import type { Cursor } from './cursor.ts';
import { OpenedFile } from './opened-file.ts';
import type { Access } from './opened-file.ts';
import { Pieces } from '../sequences/pieces.ts';

/** This much is read at a time. */
const AHEAD = 64 * 1024;
const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);

/** Makes a {@link BinaryFile}. */
export let makeBinaryFile: (cursor: Cursor, mode: string, access: Access) => BinaryFile;

/**
 * An open file of bytes; made by {@link openFile} with a `b` in its mode, or by {@link wrapFile}.
 *
 * It reads ahead, and collects what is written: `flush` and `close` write it out. Its operations follow each other when
 * several tasks use it. Each is a checkpoint; cancelled, it has had no effect.
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

  /** What has been read ahead lies in the store, from `at` to `end`. */
  #store: Buffer = NOTHING;
  #at = 0;
  #end = 0;

  private constructor(cursor: Cursor, mode: string, access: Access) {
    super(cursor, mode, access);
  }

  /**
   * The next `size` bytes, fewer only at the end of the file; without a size all that is left.
   *
   * @throws {FsError} @throws {RangeError} when the size is negative or no whole number.
   */
  read(size: number = Infinity): Promise<Uint8Array> {
    return this.reading('read()', async () => {
      if (!(size >= 0) || !(Number.isInteger(size) || size === Infinity)) {
        throw new RangeError(`read(): the size must be a whole number of bytes, not ${size}`);
      }
      if (this.#unread < size) await this.#gather(size);
      else await checkpointHere('read()');
      return this.#take(size);
    });
  }

  /**
   * Reads what there is into a buffer of yours, once: the fastest way through a large file, as nothing is copied.
   *
   * @returns how many bytes it got; 0 at the end, and when the buffer is empty. @throws {FsError}
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

  /** The next line, without the newline at its end; `null` at the end of the file. @throws {FsError} */
  readLine(): Promise<Uint8Array | null> {
    return this.reading('readLine()', () => this.#line());
  }

  /** All lines that are left. @throws {FsError} */
  async readLines(): Promise<Uint8Array[]> {
    const lines: Uint8Array[] = [];
    for await (const line of this) lines.push(line);
    return lines;
  }

  /** Its lines, one by one, without their newlines. Leaving the loop does not close the file. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return new Pieces(async () => (await this.readLine()) ?? undefined);
  }

  /**
   * Its bytes in pieces of up to `size`, by default 256 KiB.
   *
   * @param size of each piece, in bytes.
   * @throws {RangeError} when that is none.
   */
  chunks(size: number = 256 * 1024): AsyncIterableIterator<Uint8Array> {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`chunks(): the size must be a whole number of bytes, at least 1, not ${size}`);
    }
    return new Pieces(async () => {
      const buffer = memoryToReadInto(size);
      const count = await this.readInto(buffer);
      return count === 0 ? undefined : new Uint8Array(buffer.buffer, buffer.byteOffset, count);
    });
  }

  /**
   * Writes all of the bytes, where it stands or, in append mode, at the end.
   *
   * Bytes that are only collected yet are lost if the process dies before `flush` or `close`.
   *
   * @throws {FsError} when the system refuses, be it for bytes of an earlier call.
   */
  write(data: Uint8Array): Promise<void> {
    return this.writing('write()', () => {
      if (!ArrayBuffer.isView(data)) {
        throw new TypeError(
          `write(): a file of bytes takes a Uint8Array, not ${typeof data}; open it without "b" for text`,
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

  /** The next `size` bytes of what has been read ahead, or all of it. */
  #take(size: number): Uint8Array {
    const length = Math.min(size, this.#unread);
    const bytes = this.#store.subarray(this.#at, this.#at + length);
    this.#at += length;
    if (length < AHEAD || this.#unread > 0) return new Uint8Array(bytes);
    // All of a large buffer: it is handed over as it is, and the next read makes a new one.
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
   * Reads on until `size` bytes have been read ahead, or the file ends. They stay there when it fails or is cancelled on
   * the way, so nothing is lost. @returns whether that many are there.
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
