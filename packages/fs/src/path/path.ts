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

/** For `Path.readText`. */
export interface ReadTextOptions extends DecodeTextOptions, ThreadPoolOptions {}

/** For `Path.writeText` and `Path.appendText`. */
export interface WriteTextOptions extends EncodeTextOptions, CreateFileOptions {}

/**
 * A path of this system, and all that can be done with what is there: Python's pathlib, in camelCase.
 *
 * Immutable and cheap. What touches the disk is asynchronous and runs in Node's thread pool: it is a checkpoint before it
 * starts, and never abandoned once started, so a cancel waits for it. What has `Sync` in its name blocks the process
 * instead: for a few small files on a local disk that is many times faster.
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

  /** The user's home directory. A checkpoint. */
  static async home(): Promise<Path> {
    await rejectIfCancelled('Path.home()');
    return ready(new Path(homedir()), 'Path.home()');
  }

  /**
   * A new directory that is removed, with all that is in it, when the block ends that holds it.
   *
   * @example
   * await using directory = await Path.temporary({ prefix: 'build-' });
   * await directory.path.join('a.txt').writeText('for a while');
   */
  static temporary(options?: TemporaryOptions): Promise<TemporaryDirectory<Path>> {
    return makeTemporaryDirectory((text) => new Path(text), options);
  }

  /** The path that a POSIX system knows by these bytes, also when they are not UTF-8. */
  static fromBytes(bytes: Uint8Array): Path {
    return new Path(decodePath(bytes));
  }

  /** The path seen from the root, without resolving anything. */
  absolute(): this {
    return this.isAbsolute() ? this : this.another(workingDirectory()).join(this);
  }

  /** The path with the user's home in place of a leading `~`. @throws {RangeError} for the home of another user. */
  expandUser(): this {
    const [first = '', ...rest] = this.parts;
    if (!first.startsWith('~')) return this;
    if (first !== '~') throw new RangeError(`expandUser(): Node does not know the homes of others: ${first}`);
    return this.another(homedir()).join(...rest);
  }

  /**
   * The absolute path without links and `..`.
   *
   * @param options `strict`: whether the file must exist; if not, its end may be missing.
   * @throws {FsError} when links lead in a circle, or, if `strict`, nowhere.
   */
  async resolve(options?: ThreadPoolOptions & { readonly strict?: boolean }): Promise<this> {
    const path = this.absolute().toString();
    const start = (done: (error: Error | null | undefined, path?: string) => void): void =>
      resolvePath(path, options?.strict ?? false, done);
    return this.another(await inPool<string>(`resolve ${path}`, start, options));
  }

  /** Opens it: see {@link openFile}. */
  open(mode?: TextMode, options?: OpenFileOptions): Promise<TextFile>;
  open(mode: BinaryMode, options?: OpenFileOptions): Promise<BinaryFile>;
  open<M extends string>(mode: KnownMode<M>, options?: OpenFileOptions): Promise<TextFile | BinaryFile>;
  open(mode: string = 'r', options?: OpenFileOptions): Promise<TextFile | BinaryFile> {
    return openFile(this, mode, options);
  }

  /**
   * All of its bytes.
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

  /** `readBytes` at once, blocking. */
  readBytesSync(): Uint8Array {
    return operateSync('read', this.toString(), (path) => {
      const { buffer, byteOffset, byteLength } = readFileSync(path);
      return new Uint8Array(buffer, byteOffset, byteLength);
    });
  }

  /**
   * All of its text. Newlines stay as they are.
   *
   * @throws {FsError} when it cannot be read. @throws {TypeError} when it is not text in that encoding.
   * @throws {RangeError} when the encoding is not known.
   */
  async readText(options?: ReadTextOptions): Promise<string> {
    return decodeText(await this.#read(options), options);
  }

  /** `readText` at once, blocking. */
  readTextSync(options?: DecodeTextOptions): string {
    return decodeText(this.readBytesSync(), options);
  }

  /**
   * Makes these bytes its content. Once begun it is carried through; see {@link writeAtomic} for one that is never seen
   * half done.
   *
   * @throws {FsError} when it cannot be written.
   */
  writeBytes(data: Uint8Array, options?: CreateFileOptions): Promise<void> {
    return this.#write(() => requireBytes(data), 'w', 'write', options);
  }

  /** `writeBytes` at once, blocking. */
  writeBytesSync(data: Uint8Array): void {
    operateSync('write', this.toString(), (path) => writeFileSync(path, requireBytes(data)));
  }

  /** Makes this text its content. @throws {FsError} when it cannot be written. */
  writeText(text: string, options?: WriteTextOptions): Promise<void> {
    return this.#write(() => encodeText(text, options?.encoding), 'w', 'write', options);
  }

  /** `writeText` at once, blocking. */
  writeTextSync(text: string, options?: EncodeTextOptions): void {
    operateSync('write', this.toString(), (path) => writeFileSync(path, encodeText(text, options?.encoding)));
  }

  /** Replaces its content in one step: see {@link writeAtomic}. */
  writeAtomic(data: string | Uint8Array, options?: WriteAtomicOptions): Promise<void> {
    return writeAtomic(this, data, options);
  }

  /** Adds text to its end. @throws {FsError} when it cannot be written. */
  appendText(text: string, options?: WriteTextOptions): Promise<void> {
    return this.#write(() => encodeText(text, options?.encoding), 'a', 'append to', options);
  }

  /** Adds bytes to its end. @throws {FsError} when it cannot be written. */
  appendBytes(data: Uint8Array, options?: CreateFileOptions): Promise<void> {
    return this.#write(() => requireBytes(data), 'a', 'append to', options);
  }

  async #write(data: () => Uint8Array, flags: 'w' | 'a', verb: string, options?: CreateFileOptions): Promise<void> {
    const path = this.toString();
    return writeWhole(path, data(), flags, `${verb} ${path}`, options);
  }

  /**
   * What is in the directory, in the order of the system, read in batches as far as the loop gets.
   *
   * Each step is a checkpoint; leaving the loop closes the directory.
   *
   * @throws {FsError} at the first step, when it is not a directory.
   */
  iterdir(options?: ThreadPoolOptions): AsyncIterableIterator<this> & AsyncDisposable {
    return new DirectorySequence(this.toString(), (path) => this.fromText(path), options);
  }

  /**
   * The tree from here on, directory by directory, each with the names of what is in it. The next directories are read
   * while the loop looks at one.
   *
   * Each step is a checkpoint; leaving the loop waits for what is being read.
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
   * All paths below this one that match a pattern, or several, as they are found: `*`, `?`, `[…]`, `{a,b}`, `+(a|b)`, and
   * `**` for any number of directories. A pattern that begins with `!` leaves out what it matches.
   *
   * Each step is a checkpoint; leaving the loop waits for what is being read. Directories that cannot match are not read.
   * A path that does not exist has nothing below it.
   *
   * @throws {RangeError} when a pattern is empty or absolute. @throws {FsError} when a directory cannot be read: see `onError`.
   * @example
   * for await (const path of new Path('src').glob(['**\/*.ts', '!**\/*.test.ts'])) console.log(path.toString());
   */
  glob(pattern: string | readonly string[], options?: GlobOptions): AsyncIterableIterator<this> & AsyncDisposable {
    return new GlobSequence(this.toString(), (path) => this.fromText(path), pattern, options);
  }

  /** `glob` with `**` before each pattern: at any depth. */
  rglob(pattern: string | readonly string[], options?: GlobOptions): AsyncIterableIterator<this> & AsyncDisposable {
    return this.glob(anyDepth(pattern), options);
  }

  /**
   * What happens to a file, or to what is in a directory. It watches from the call on, not from the first step; so leave
   * the loop, or dispose of it, in any case.
   *
   * Events of one path within the debounce time become one. A file may be replaced, or not exist yet: its name counts, and
   * so does every link on the way to it. In a directory links are not followed. When the directory has been replaced by
   * another of its name, an `overflow` says so, and that one is watched from then on; when it has been removed, the loop ends.
   * Each step is a checkpoint; a cancelled one ends the watching.
   *
   * A tree is listed at once as far as its first 256 directories, blocking; the first step takes in the rest,
   * and gives an `overflow` if something has changed there since the call.
   *
   * @throws {FsError} at the first step, when it cannot be watched. @throws {RangeError} when an option is out of range.
   * @example
   * for await (const event of new Path('config.json').watch()) if (event.type !== 'removed') await reload();
   */
  watch(options?: WatchOptions): AsyncIterableIterator<WatchEvent<this>> & AsyncDisposable {
    return new WatchSequence(this.toString(), (path) => this.fromText(path), options);
  }

  /** All that is in the directory, at once, blocking. */
  iterdirSync(): this[] {
    return operateSync('list', this.toString(), (path) =>
      readdirSync(path, 'buffer').map((name) => this.fromText(childText(this.toString(), decodePath(name)))),
    );
  }
}

function requireBytes(data: Uint8Array): Uint8Array {
  if (ArrayBuffer.isView(data)) return data;
  throw new TypeError(`bytes are expected to be written, not ${typeof data}; writeText() takes text`);
}
