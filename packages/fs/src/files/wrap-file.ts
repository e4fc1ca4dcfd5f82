import { close } from 'node:fs';
import type { Done } from '../pool/in-pool.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { makeBinaryFile } from './binary-file.ts';
import type { BinaryFile } from './binary-file.ts';
import { Cursor } from './cursor.ts';
import { parseMode } from './mode.ts';
import type { BinaryMode, TextMode } from './mode.ts';
import { makeTextFile, requireTextOptions } from './text-file.ts';
import type { TextFile, TextFileOptions } from './text-file.ts';
import { wrapObject } from './wrapped-file.ts';
import type { FileLike, WrappedFile } from './wrapped-file.ts';

/**
 * The part of a `FileHandle` of `node:fs/promises` that {@link wrapFile} needs.
 *
 * @example
 * import { open } from 'node:fs/promises';
 *
 * await using folder = await Path.temporary();
 * const handle: FileHandleLike = await open(folder.path.join('notes.txt').toString(), 'w');
 * await using file = wrapFile(handle, 'w');
 * await file.write('milk\n');
 */
export interface FileHandleLike {
  readonly fd: number;
  close(): Promise<void>;
  readFile: unknown;
}

/**
 * The options of {@link wrapFile} for a descriptor or a handle.
 *
 * @example
 * import { openSync } from 'node:fs';
 *
 * await using folder = await Path.temporary();
 * const descriptor = openSync(folder.path.join('data.bin').toString(), 'w');
 * await using file = wrapFile(descriptor, 'wb', { name: 'the data', position: 0, buffering: 4096 });
 * await file.write(new Uint8Array([1, 2, 3]));
 * await file.tell(); // 3
 */
export interface WrapFileOptions extends TextFileOptions, ThreadPoolOptions {
  /** The name of the file in errors; its number by default. */
  readonly name?: string;
  /** The position of the descriptor, in bytes. Without it, `tell` throws until the first `seek`. */
  readonly position?: number;
  /** The size of the write buffer, in bytes. By default there is none, and each write goes to the system at once. */
  readonly buffering?: number;
}

/**
 * Makes a file from one that is already open: a `FileHandle`, the number of a descriptor, or an object with synchronous
 * methods. Closing the file closes what it wraps.
 *
 * @param mode for handles and descriptors: as for {@link openFile}.
 * @throws {TypeError} when `file` is none of these. @throws {RangeError} when the mode or the encoding is not known.
 * @example
 * const output = wrapFile(1, 'w');
 * await output.write('to the standard output\n');
 */
export function wrapFile(file: FileHandleLike | number, mode?: TextMode, options?: WrapFileOptions): TextFile;
export function wrapFile(file: FileHandleLike | number, mode: BinaryMode, options?: WrapFileOptions): BinaryFile;
export function wrapFile<T extends FileLike>(file: T): WrappedFile<T>;
export function wrapFile(
  file: FileHandleLike | number | FileLike,
  mode = 'r',
  options: WrapFileOptions = {},
): TextFile | BinaryFile | WrappedFile<FileLike> {
  const fd = typeof file === 'number' ? file : isHandle(file) ? file.fd : undefined;
  if (fd === undefined) return wrapObject(file as FileLike);
  if (!(Number.isInteger(fd) && fd >= 0)) throw new TypeError(`wrapFile(): ${fd} is not the number of a descriptor`);
  const parsed = parseMode(mode, 'wrapFile()');
  if (!parsed.binary) requireTextOptions(parsed, options);
  const cursor = new Cursor(fd, {
    ...options,
    name: options.name ?? `descriptor ${fd}`,
    append: parsed.append,
    shared: true,
    position: options.position,
    buffering: options.buffering ?? 0,
    close: (done) => {
      if (isHandle(file)) void closeHandle(file, done);
      else close(fd, done);
    },
  });
  return parsed.binary ? makeBinaryFile(cursor, mode, parsed) : makeTextFile(cursor, mode, parsed, options);
}

function isHandle(file: unknown): file is FileHandleLike {
  if (typeof file !== 'object' || file === null) return false;
  const { fd, close: closing, readFile } = file as Partial<FileHandleLike>;
  return typeof fd === 'number' && typeof closing === 'function' && typeof readFile === 'function';
}

async function closeHandle(handle: FileHandleLike, done: Done<void>): Promise<void> {
  try {
    await handle.close();
  } catch (error) {
    return done(error as Error);
  }
  done(null);
}
