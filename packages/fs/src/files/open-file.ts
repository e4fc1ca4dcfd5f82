import { close, constants, open } from 'node:fs';
import { nativePath } from '../lexical/path-bytes.ts';
import { pathText } from '../lexical/path-text.ts';
import type { PathLike } from '../lexical/pure-path.ts';
import { inPoolUndoable } from '../pool/in-pool.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { makeBinaryFile } from './binary-file.ts';
import type { BinaryFile } from './binary-file.ts';
import { Cursor } from './cursor.ts';
import { parseMode } from './mode.ts';
import type { BinaryMode, FileMode, KnownMode, TextMode } from './mode.ts';
import { makeTextFile, requireTextOptions } from './text-file.ts';
import type { TextFile, TextFileOptions } from './text-file.ts';

/**
 * The options of {@link openFile}.
 *
 * @example
 * await using folder = await Path.temporary();
 * const path = folder.path.join('journal.log');
 * // Each line reaches the system at once, and only the owner can read the file.
 * await using journal = await openFile(path, 'a', { buffering: 0, permissions: 0o600 });
 * await journal.write('begun\n');
 */
export interface OpenFileOptions extends TextFileOptions, ThreadPoolOptions {
  /** The permissions of a new file, before the umask; `0o666` by default. */
  readonly permissions?: number;
  /** The size of the write buffer, in bytes; 64 KiB by default. With 0, each write goes to the system at once. */
  readonly buffering?: number;
}

const BUFFERING = 64 * 1024;

/**
 * Opens a file, with a mode as in Python: `r` reads, `w` creates or empties, `a` appends, `x` creates and fails if the file
 * exists. A `+` allows reading and writing; with a `b` the file is binary, otherwise it is text.
 *
 * A checkpoint before it starts. If it is cancelled after that, it closes the file and throws `Cancelled`.
 *
 * @throws {FsError} when the file cannot be opened. @throws {RangeError} when the mode or the encoding is not known.
 * @throws {Cancelled} when the surrounding scope is cancelled. @throws {StateError} outside of a run.
 * @example
 * await using log = await openFile('build.log');
 * for await (const line of log) if (line.includes('error')) console.log(line);
 */
export function openFile(path: PathLike, mode?: TextMode, options?: OpenFileOptions): Promise<TextFile>;
export function openFile(path: PathLike, mode: BinaryMode, options?: OpenFileOptions): Promise<BinaryFile>;
export function openFile<M extends string>(
  path: PathLike,
  mode: KnownMode<M>,
  options?: OpenFileOptions,
): Promise<TextFile | BinaryFile>;
export async function openFile(
  path: PathLike,
  mode: string = 'r',
  options: OpenFileOptions = {},
): Promise<TextFile | BinaryFile> {
  const parsed = parseMode(mode, 'openFile()');
  if (!parsed.binary) requireTextOptions(parsed, options);
  const { buffering = BUFFERING, permissions = 0o666 } = options;
  if (!(Number.isInteger(buffering) && buffering >= 0)) {
    throw new RangeError(`openFile(): buffering must be an integer, 0 or more, not ${buffering}`);
  }
  const name = pathText(path);
  const fd = await inPoolUndoable<number>(
    `open ${name}`,
    (done, job) => {
      open(nativePath(name), flagsOf(parsed), permissions, (error, opened) => {
        if (error !== null || !job.cancelled) done(error, opened);
        else close(opened, () => job.raise());
      });
    },
    options,
  );
  const position = parsed.append ? undefined : 0;
  const cursor = new Cursor(fd, { ...options, name, append: parsed.append, position, buffering });
  return parsed.binary ? makeBinaryFile(cursor, mode, parsed) : makeTextFile(cursor, mode, parsed, options);
}

function flagsOf({ kind, read, write }: FileMode): number {
  let flags = read && write ? constants.O_RDWR : write ? constants.O_WRONLY : constants.O_RDONLY;
  if (kind === 'w') flags |= constants.O_CREAT | constants.O_TRUNC;
  if (kind === 'a') flags |= constants.O_CREAT | constants.O_APPEND;
  if (kind === 'x') flags |= constants.O_CREAT | constants.O_EXCL;
  return flags;
}
