import { close, constants, fsync, open, rename, unlink } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import { Cursor } from '../files/cursor.ts';
import { encodeText } from '../files/text-encoding.ts';
import type { EncodeTextOptions } from '../files/text-encoding.ts';
import { writeWhole } from '../files/write-whole.ts';
import { absoluteText } from '../operations/absolute-text.ts';
import { childText } from '../lexical/child-text.ts';
import { inSteps } from '../operations/operate.ts';
import { nativePath } from '../lexical/path-bytes.ts';
import { pathText } from '../lexical/path-text.ts';
import type { PathLike } from '../lexical/pure-path.ts';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import { explainAbout, isSystemError } from '../pool/fs-error.ts';
import { finishInPool } from '../pool/finish-in-pool.ts';
import { inPoolUndoable } from '../pool/in-pool.ts';
import type { Done } from '../pool/in-pool.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { randomName } from '../operations/random-name.ts';
import { adoptOwnerAndMode } from './adopt-owner-and-mode.ts';
import { findTarget } from './find-target.ts';
import type { Target } from './find-target.ts';

/**
 * The options of {@link writeAtomic}.
 *
 * @example
 * await using folder = await Path.temporary();
 * const settings = folder.path.join('settings.json');
 * // Readers see the old content or the new one. After a power failure this one may still hold the old.
 * await writeAtomic(settings, '{ "theme": "dark" }', { mode: 0o600, sync: false });
 */
export interface WriteAtomicOptions extends EncodeTextOptions, ThreadPoolOptions {
  /** The permissions of the file; by default those of the file it replaces, or `0o666` before the umask. */
  readonly mode?: number;
  /** Whether to wait until it is on the disk, so that the old or the new content survives a power failure. True by default. */
  readonly sync?: boolean;
}

/**
 * Replaces the content of a file in one step. Readers see either the old or the new content, and a failure leaves nothing
 * behind. The new content is written to a file beside it, with a name that begins with a dot, which is then renamed. Links
 * are followed, even to a file that does not exist yet. Permissions stay the same, and so do owner and group, as far as this
 * program may set them.
 *
 * Only regular files can be replaced. A device, a FIFO, the pipe behind `/dev/stdout` or a file without a name is written to,
 * as by `writeText`.
 *
 * If it is cancelled before the renaming, it removes the new file; after that it succeeds.
 *
 * @throws {FsError} when it cannot be written; the old content stays.
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @example
 * await writeAtomic('settings.json', JSON.stringify({ theme: 'dark' }));
 */
export async function writeAtomic(
  path: PathLike,
  data: string | Uint8Array,
  options: WriteAtomicOptions = {},
): Promise<void> {
  const name = pathText(path);
  const bytes = ArrayBuffer.isView(data) ? data : encodeText(data, options.encoding);
  const place = absoluteText(name);
  const attempted = `write ${name}`;
  try {
    const target = await inSteps<Target>(attempted, findTarget(place), options);
    if (target.path === undefined) await writeInPlace(place, target.stats, bytes, attempted, options);
    else await replace(target.path, target.stats, bytes, attempted, options);
  } catch (error) {
    // Callers do not know the name of the temporary file.
    throw explainAbout(error, attempted, name);
  }
}

function writeInPlace(
  path: string,
  stats: BigIntStats | undefined,
  bytes: Uint8Array,
  attempted: string,
  options: WriteAtomicOptions,
): Promise<void> {
  const flags = constants.O_WRONLY | (stats?.isFile() === true ? constants.O_TRUNC : 0);
  return writeWhole(path, bytes, flags, attempted, options);
}

async function replace(
  path: string,
  old: BigIntStats | undefined,
  bytes: Uint8Array,
  attempted: string,
  options: WriteAtomicOptions,
): Promise<void> {
  const directory = dirname(path);
  // Does not contain the name of the file, which may be as long as the file system allows.
  const temporary = childText(directory, randomName('.', '.tmp'));
  // Private until it has its final owner and permissions.
  const fd = await openNew(temporary, old === undefined ? (options.mode ?? 0o666) : 0o600, attempted, options);
  const cursor = new Cursor(fd, { ...options, name: path, append: false, position: 0, buffering: 0 });
  try {
    try {
      await cursor.write(bytes);
      await inSteps<void>(attempted, adoptOwnerAndMode(fd, old, options.mode), options);
      if (options.sync !== false) await cursor.sync(false);
    } catch (error) {
      // Only the first error shows the reason.
      await cursor.close(true).catch(() => undefined);
      throw error;
    }
    await cursor.close(true);
    await checkpointHere(attempted);
    await finishInPool<void>(attempted, (done) => rename(nativePath(temporary), nativePath(path), done));
  } catch (error) {
    await finishInPool<void>(attempted, (done) => unlink(nativePath(temporary), () => done(null)));
    throw error;
  }
  if (options.sync !== false) await finishInPool<void>(attempted, (done) => syncDirectory(directory, done));
}

function openNew(path: string, mode: number, attempted: string, options: ThreadPoolOptions): Promise<number> {
  return inPoolUndoable<number>(
    attempted,
    (done, job) => {
      open(nativePath(path), 'wx', mode, (error, fd) => {
        if (error !== null || !job.cancelled) return done(error, fd);
        close(fd, () => unlink(nativePath(path), () => job.raise()));
      });
    },
    options,
  );
}

// A rename survives a power failure only when the directory is on the disk as well. Windows cannot open a directory for that.
function syncDirectory(path: string, done: Done<void>): void {
  if (process.platform === 'win32') return done(null);
  open(nativePath(path), 'r', (error, fd) => {
    if (error !== null) return done(isSystemError(error, 'EACCES') ? null : error);
    fsync(fd, (failed) => close(fd, (unclosed) => done(isSystemError(failed, 'EINVAL') ? null : (failed ?? unclosed))));
  });
}
