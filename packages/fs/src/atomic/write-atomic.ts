import { close, fchmod, fsync, open, realpath, rename, stat, unlink } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Cursor } from '../files/cursor.ts';
import { encodeText } from '../files/text-encoding.ts';
import type { EncodeOptions } from '../files/text-encoding.ts';
import { childText } from '../path/child-text.ts';
import { decodePath, nativePath } from '../path/path-bytes.ts';
import { pathText } from '../path/path-text.ts';
import type { PathLike } from '../path/pure-path.ts';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import { isSystemError } from '../pool/fs-error.ts';
import { finishInPool } from '../pool/finish-in-pool.ts';
import { inPool, inPoolUndoable } from '../pool/in-pool.ts';
import type { Done } from '../pool/in-pool.ts';
import type { PoolOptions } from '../pool/pool-limiter.ts';
import { randomName } from '../temporary/random-name.ts';

/** For {@link writeAtomic}. */
export interface WriteAtomicOptions extends EncodeOptions, PoolOptions {
  /** The permissions of the file; by default those of the one it replaces, or `0o666` before the umask. */
  readonly mode?: number;
  /** Whether it is on the disk when this returns, so that a power failure leaves the old content or the new. By default yes. */
  readonly sync?: boolean;
}

interface Target {
  readonly path: string;
  readonly mode: number | undefined;
}

/**
 * Replaces the content of a file in one step: whoever reads it sees the old or the new, and nothing of it remains when it
 * fails. The new content is written beside it, under a name that begins with a dot, and renamed. A link is followed.
 *
 * Cancelled before the renaming, it removes what it has written; after that it has happened.
 *
 * @throws {FsError} when the system refuses; the old content stays.
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @example
 * await writeAtomic('settings.json', JSON.stringify(settings));
 */
export async function writeAtomic(
  path: PathLike,
  data: string | Uint8Array,
  options: WriteAtomicOptions = {},
): Promise<void> {
  const name = pathText(path);
  const bytes = ArrayBuffer.isView(data) ? data : encodeText(data, options.encoding);
  const attempted = `write ${name}`;
  const target = await inPool<Target>(attempted, (done) => findTarget(name, done), options);
  const mode = options.mode ?? target.mode;
  const directory = dirname(target.path);
  const temporary = childText(directory, randomName(`.${basename(target.path)}.`, '.tmp'));
  const fd = await openNew(temporary, mode, attempted, options);
  const cursor = new Cursor(fd, { ...options, name, append: false, position: 0, buffering: 0 });
  try {
    try {
      await cursor.write(bytes);
      // The umask does not count for permissions that were there before.
      if (mode !== undefined) await inPool<void>(attempted, (done) => fchmod(fd, mode, done), options);
      if (options.sync !== false) await cursor.sync(false);
    } finally {
      await cursor.close();
    }
    await checkpointHere(attempted);
    await finishInPool<void>(attempted, (done) => rename(nativePath(temporary), nativePath(target.path), done));
  } catch (error) {
    await finishInPool<void>(attempted, (done) => unlink(nativePath(temporary), () => done(null)));
    throw error;
  }
  if (options.sync !== false) await finishInPool<void>(attempted, (done) => syncDirectory(directory, done));
}

function openNew(path: string, mode: number | undefined, attempted: string, options: PoolOptions): Promise<number> {
  return inPoolUndoable<number>(
    attempted,
    (done, job) => {
      open(nativePath(path), 'wx', mode ?? 0o666, (error, fd) => {
        if (error !== null || !job.cancelled) return done(error, fd);
        close(fd, () => unlink(nativePath(path), () => job.raise()));
      });
    },
    options,
  );
}

/** The file itself, behind all links, and its permissions, if it exists. */
function findTarget(path: string, done: Done<Target>): void {
  realpath.native(nativePath(path), 'buffer', (error, real) => {
    if (isSystemError(error, 'ENOENT')) return done(null, { path, mode: undefined });
    if (error !== null) return done(error);
    stat(nativePath(decodePath(real)), (failed, stats) => {
      done(failed, failed === null ? { path: decodePath(real), mode: stats.mode & 0o7777 } : undefined);
    });
  });
}

// A rename is safe from a power failure once the directory is on the disk, too. Windows cannot open one for that.
function syncDirectory(path: string, done: Done<void>): void {
  if (process.platform === 'win32') return done(null);
  open(nativePath(path), 'r', (error, fd) => {
    if (error !== null) return done(isSystemError(error, 'EACCES') ? null : error);
    fsync(fd, (failed) => close(fd, (unclosed) => done(isSystemError(failed, 'EINVAL') ? null : (failed ?? unclosed))));
  });
}
