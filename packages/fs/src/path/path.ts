import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { ready, rejectIfCancelled } from '@tercet/core/lowlevel';
import { writeAtomic } from '../atomic/write-atomic.ts';
import type { WriteAtomicOptions } from '../atomic/write-atomic.ts';
import type { BinaryFile } from '../files/binary-file.ts';
import { openFile } from '../files/open-file.ts';
import type { BinaryMode, KnownMode, TextMode } from '../files/mode.ts';
import type { OpenFileOptions } from '../files/open-file.ts';
import { readWhole } from '../files/read-whole.ts';
import type { TextFile } from '../files/text-file.ts';
import { decodeText, encodeText } from '../files/text-encoding.ts';
import type { DecodeTextOptions, EncodeTextOptions } from '../files/text-encoding.ts';
import { writeWhole } from '../files/write-whole.ts';
import type { CreateFileOptions } from '../files/write-whole.ts';
import { inPool } from '../pool/in-pool.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { makeTemporaryDirectory } from '../temporary/temporary-directory.ts';
import type { TemporaryDirectory, TemporaryOptions } from '../temporary/temporary-directory.ts';
import { DirectorySequence } from '../walk/directory-sequence.ts';
import { GlobSequence, anyDepth } from '../walk/glob-sequence.ts';
import type { GlobOptions } from '../walk/glob-sequence.ts';
import { TailSequence } from '../tail/tail-sequence.ts';
import type { TailOptions } from '../tail/tail-sequence.ts';
import { WatchSequence } from '../watch/watch-sequence.ts';
import type { WatchEvent, WatchOptions } from '../watch/watch-sequence.ts';
import { WalkSequence } from '../walk/walk-sequence.ts';
import type { WalkOptions, WalkedDirectory } from '../walk/walk-sequence.ts';
import { workingDirectory } from '../operations/absolute-text.ts';
import { ChangeablePath } from './changeable-path.ts';
import { childText } from '../lexical/child-text.ts';
import { operateSync } from '../operations/operate.ts';
import { decodePath } from '../lexical/path-bytes.ts';
import { resolvePath } from '../operations/resolve-path.ts';

/**
 * The options of `Path.readText`.
 *
 * @example
 * await using folder = await Path.temporary();
 * const old = folder.path.join('old.txt');
 * await old.writeBytes(new Uint8Array([0x66, 0xfc, 0x72])); // 'für' as it was written in 1990
 * await old.readText({ encoding: 'latin1' }); // 'für'
 * await old.readText({ errors: 'replace' }); // 'f�r', where the default is an error
 */
export interface ReadTextOptions extends DecodeTextOptions, ThreadPoolOptions {}

/**
 * The options of `Path.writeText` and `Path.appendText`.
 *
 * @example
 * await using folder = await Path.temporary();
 * const secret = folder.path.join('secret.txt');
 * await secret.writeText('a long password', { mode: 0o600 }); // only the owner may read it
 * await secret.appendText('!', { encoding: 'utf-8' });
 */
export interface WriteTextOptions extends EncodeTextOptions, CreateFileOptions {}

/**
 * A path of this system, with methods for the file at it: Python's pathlib, in camelCase.
 *
 * Immutable and cheap. Methods that use the disk are asynchronous and run in Node's thread pool. Each is a checkpoint before it
 * starts, and never abandoned once started, so a cancelled call waits for its end. Methods with `Sync` in their name block the
 * process, which is many times faster for a few small files on a local disk.
 *
 * @example
 * const notes = new Path('notes', 'today.txt');
 * await notes.parent.mkdir({ parents: true, existOk: true });
 * await notes.writeText('Nothing yet.\n');
 * for await (const path of notes.parent.iterdir()) console.log(path.name);
 */
export class Path extends ChangeablePath {
  /** The working directory. A checkpoint. */
  static async cwd(): Promise<Path> {
    await rejectIfCancelled('Path.cwd()');
    return ready(new Path(workingDirectory()), 'Path.cwd()');
  }

  /** The home directory of the user. A checkpoint. */
  static async home(): Promise<Path> {
    await rejectIfCancelled('Path.home()');
    return ready(new Path(homedir()), 'Path.home()');
  }

  /**
   * Creates a directory that is removed, with everything in it, at the end of the `await using` block.
   *
   * @example
   * await using directory = await Path.temporary({ prefix: 'build-' });
   * await directory.path.join('a.txt').writeText('for a while');
   */
  static temporary(options?: TemporaryOptions): Promise<TemporaryDirectory<Path>> {
    return makeTemporaryDirectory((text) => new Path(text), options);
  }

  /** The path with these bytes on a POSIX system, even if they are not UTF-8. */
  static fromBytes(bytes: Uint8Array): Path {
    return new Path(decodePath(bytes));
  }

  /** The absolute path, without resolving links or `..`. */
  absolute(): this {
    return this.isAbsolute() ? this : this.another(workingDirectory()).join(this);
  }

  /** Replaces a leading `~` by the home directory of the user. @throws {RangeError} for the home of another user. */
  expandUser(): this {
    const [first = '', ...rest] = this.parts;
    if (!first.startsWith('~')) return this;
    if (first !== '~') throw new RangeError(`expandUser(): Node does not know the home of another user, ${first}`);
    return this.another(homedir()).join(...rest);
  }

  /**
   * The absolute path without links and `..`.
   *
   * @param options `strict`: whether the path must exist. By default, its end may be missing.
   * @throws {FsError} when links form a circle or, if `strict`, the path does not exist.
   */
  async resolve(options?: ThreadPoolOptions & { readonly strict?: boolean }): Promise<this> {
    const path = this.absolute().toString();
    const start = (done: (error: Error | null | undefined, path?: string) => void): void =>
      resolvePath(path, options?.strict ?? false, done);
    return this.another(await inPool<string>(`resolve ${path}`, start, options));
  }

  /** Opens the file: see {@link openFile}. */
  open(mode?: TextMode, options?: OpenFileOptions): Promise<TextFile>;
  open(mode: BinaryMode, options?: OpenFileOptions): Promise<BinaryFile>;
  open<M extends string>(mode: KnownMode<M>, options?: OpenFileOptions): Promise<TextFile | BinaryFile>;
  open(mode: string = 'r', options?: OpenFileOptions): Promise<TextFile | BinaryFile> {
    return openFile(this, mode, options);
  }

  /**
   * Reads all bytes of the file.
   *
   * @throws {FsError} when it cannot be read.
   */
  async readBytes(options?: ThreadPoolOptions): Promise<Uint8Array> {
    const { buffer, byteOffset, byteLength } = await this.#read(options);
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  #read(options?: ThreadPoolOptions): Promise<Buffer> {
    const path = this.toString();
    return readWhole(path, `read ${path}`, options);
  }

  /** `readBytes`, blocking the process. */
  readBytesSync(): Uint8Array {
    return operateSync('read', this.toString(), (path) => {
      const { buffer, byteOffset, byteLength } = readFileSync(path);
      return new Uint8Array(buffer, byteOffset, byteLength);
    });
  }

  /**
   * Reads the whole text of the file. Newlines are not converted.
   *
   * @throws {FsError} when it cannot be read. @throws {TypeError} when its bytes do not decode.
   * @throws {RangeError} when the encoding is not known.
   */
  async readText(options?: ReadTextOptions): Promise<string> {
    return decodeText(await this.#read(options), options);
  }

  /** `readText`, blocking the process. */
  readTextSync(options?: DecodeTextOptions): string {
    return decodeText(this.readBytesSync(), options);
  }

  /**
   * Replaces the content of the file, or creates it. Once started, it writes everything, even if it is cancelled. Readers may
   * see a part of the new content; not so with {@link writeAtomic}.
   *
   * @throws {FsError} when it cannot be written.
   */
  writeBytes(data: Uint8Array, options?: CreateFileOptions): Promise<void> {
    return this.#write(() => requireBytes(data), 'w', 'write', options);
  }

  /** `writeBytes`, blocking the process. */
  writeBytesSync(data: Uint8Array): void {
    operateSync('write', this.toString(), (path) => writeFileSync(path, requireBytes(data)));
  }

  /** The same as `writeBytes`, for text. @throws {FsError} when it cannot be written. */
  writeText(text: string, options?: WriteTextOptions): Promise<void> {
    return this.#write(() => encodeText(text, options?.encoding), 'w', 'write', options);
  }

  /** `writeText`, blocking the process. */
  writeTextSync(text: string, options?: EncodeTextOptions): void {
    operateSync('write', this.toString(), (path) => writeFileSync(path, encodeText(text, options?.encoding)));
  }

  /** Replaces the content of the file in one step: see {@link writeAtomic}. */
  writeAtomic(data: string | Uint8Array, options?: WriteAtomicOptions): Promise<void> {
    return writeAtomic(this, data, options);
  }

  /** Appends text to the file, or creates it. @throws {FsError} when it cannot be written. */
  appendText(text: string, options?: WriteTextOptions): Promise<void> {
    return this.#write(() => encodeText(text, options?.encoding), 'a', 'append to', options);
  }

  /** Appends bytes to the file, or creates it. @throws {FsError} when it cannot be written. */
  appendBytes(data: Uint8Array, options?: CreateFileOptions): Promise<void> {
    return this.#write(() => requireBytes(data), 'a', 'append to', options);
  }

  async #write(data: () => Uint8Array, flags: 'w' | 'a', verb: string, options?: CreateFileOptions): Promise<void> {
    const path = this.toString();
    return writeWhole(path, data(), flags, `${verb} ${path}`, options);
  }

  /**
   * The entries of the directory, in the order of the system, read in batches as the loop needs them.
   *
   * Each step is a checkpoint; leaving the loop closes the directory.
   *
   * @throws {FsError} at the first step, when it is not a directory.
   */
  iterdir(options?: ThreadPoolOptions): AsyncIterableIterator<this> & AsyncDisposable {
    return new DirectorySequence(this.toString(), (path) => this.fromText(path), options);
  }

  /**
   * The directories of the tree below this one, itself included, each with the names of its entries. The next directories are
   * read while the loop works on one.
   *
   * Each step is a checkpoint; leaving the loop waits for pending reads.
   *
   * @throws {FsError} when a directory cannot be read: see `onError`.
   * @example
   * for await (const { path, dirs, files } of new Path('src').walk()) {
   *   if (dirs.includes('node_modules')) dirs.splice(dirs.indexOf('node_modules'), 1);
   *   console.log(path.toString(), files.length);
   * }
   */
  walk(options?: WalkOptions): AsyncIterableIterator<WalkedDirectory<this>> & AsyncDisposable {
    return new WalkSequence(this.toString(), (path) => this.fromText(path), options);
  }

  /**
   * The paths below this one that match one of the patterns, as they are found. Patterns may contain `*`, `?`, `[…]`, `{a,b}`,
   * `+(a|b)`, and `**` for any number of directories. A pattern that begins with `!` excludes the paths that it matches.
   *
   * Each step is a checkpoint; leaving the loop waits for pending reads. Directories that cannot contain matches are not read.
   * If this path does not exist, there are no matches.
   *
   * @throws {RangeError} when a pattern is empty or absolute, or its braces stand for more than 1,000 patterns.
   * @throws {FsError} when a directory cannot be read: see `onError`.
   * @example
   * for await (const path of new Path('src').glob(['**\/*.ts', '!**\/*.test.ts'])) console.log(path.toString());
   */
  glob(pattern: string | readonly string[], options?: GlobOptions): AsyncIterableIterator<this> & AsyncDisposable {
    return new GlobSequence(this.toString(), (path) => this.fromText(path), pattern, options);
  }

  /** `glob` with `**` before each pattern, so that it matches at any depth. */
  rglob(pattern: string | readonly string[], options?: GlobOptions): AsyncIterableIterator<this> & AsyncDisposable {
    return this.glob(anyDepth(pattern), options);
  }

  /**
   * The changes of a file, or of the entries of a directory. Watching begins with the call, not with the first step: so iterate
   * over the result, or dispose of it.
   *
   * Several events of a path within the debounce time become one. A file may be replaced, or not exist yet: it is watched by
   * its name, together with every link on the way to it. In a directory, links are not followed. If the directory is replaced
   * by another one, the loop gets an `overflow`, and the new directory is watched; if it is removed, the loop ends. Each step
   * is a checkpoint; if one is cancelled, watching ends.
   *
   * With `recursive`, the call lists the first 256 directories of the tree, blocking the process. The first step lists the rest,
   * and returns an `overflow` if anything has changed there since the call.
   *
   * @throws {FsError} at the first step, when it cannot be watched. @throws {RangeError} when an option is out of range.
   * @example
   * for await (const event of new Path('.').watch()) if (event.type !== 'removed') await reload();
   */
  watch(options?: WatchOptions): AsyncIterableIterator<WatchEvent<this>> & AsyncDisposable {
    return new WatchSequence(this.toString(), (path) => this.fromText(path), options);
  }

  /**
   * The last lines of the file and, with `follow`, the lines that are written to it later. Lines end with `\n` or `\r\n`, which
   * is not part of them. Bytes that are not UTF-8 become U+FFFD.
   *
   * Made for logs: with `follow: 'name'` the file may be created later, truncated, or replaced by a new one, of which the loop
   * gets all lines after the last one of the old file. Without `follow`, the loop ends at the end of the file. A last line
   * without a line end is returned when its end has been written, or when the file will not grow any more: because it is not
   * followed, was replaced or truncated.
   *
   * Lines are counted from the call on, and the file is opened at the first step. Each step is a checkpoint. Leaving the loop
   * closes the file, and so does a cancellation. While it waits, the system reports changes; where a folder cannot be
   * watched, the file is looked at four times a second. Changes that another machine makes on a network drive are not
   * reported. A file that is replaced twice before the loop has looked is missed, and so is a truncation after which it has
   * grown beyond its old size.
   *
   * @throws {RangeError} when an option is out of range; the call throws it.
   * @throws {FsError} when it is not a regular file (`ENOTSUP`, `EISDIR`) or cannot be read; also when it does not exist,
   *   except with `follow: 'name'`.
   * @throws {ReceiveLimitError} when a line is longer than `maxLine`. @throws {Cancelled} when the surrounding scope is
   *   cancelled.
   * @example
   * for await (const line of new Path('/var/log/app.log').tail({ from: 'end', follow: 'name' })) {
   *   if (line.includes('ERROR')) await alert(line);
   * }
   */
  tail(options?: TailOptions): AsyncIterableIterator<string> & AsyncDisposable {
    return new TailSequence(this.toString(), options);
  }

  /** The entries of the directory, blocking the process. */
  iterdirSync(): this[] {
    return operateSync('list', this.toString(), (path) =>
      readdirSync(path, 'buffer').map((name) => this.fromText(childText(this.toString(), decodePath(name)))),
    );
  }
}

function requireBytes(data: Uint8Array): Uint8Array {
  if (ArrayBuffer.isView(data)) return data;
  throw new TypeError(`bytes to be written must be a Uint8Array, not ${typeof data}; use writeText() for text`);
}
