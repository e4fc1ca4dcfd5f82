import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { isSystemError, systemError } from '../pool/fs-error.ts';
import { close, copyFile, fchmod, fstat, open, read, unlink, write } from '../steps/node-calls.ts';
import { rest } from '../steps/steps.ts';
import type { Steps } from '../steps/steps.ts';
import { nativePath } from '../lexical/path-bytes.ts';

const CHUNK = 256 * 1024;

/** From this size on it is worth a call to ask the file system for a copy that shares its blocks with the original. */
const WORTH_CLONING = 1024n * 1024n;

/**
 * Copies the content and the mode of a file, chunk by chunk, until the end that the file has by then. A new file that could not
 * be finished is removed.
 *
 * Rejected: `copyFile`, which asks for the size first and copies that much. Where the file has become shorter meanwhile, because
 * a log was truncated for instance, it never returns, and keeps a thread of the pool busy for ever (Node 20 to 26 on Linux). It
 * is only used for clones, which are made in one step.
 */
export function* copyContent(from: string, to: string, source: BigIntStats, overwrite: boolean): Steps<void> {
  const input = yield* open(nativePath(from), constants.O_RDONLY);
  try {
    // With the mode from the beginning: the copy of a private file is never readable for others.
    const mode = Number(source.mode) & 0o7777;
    const target = yield* openTarget(to, source.isFile() ? mode & 0o777 : 0o666, overwrite);
    let isWhole = false;
    try {
      try {
        if (source.isFile() && (yield* fstat(target.fd)).isFile()) yield* fchmod(target.fd, mode);
        yield* pass(input, target.fd);
      } finally {
        yield* close(target.fd);
      }
      isWhole = true;
    } finally {
      // Also after a cancellation: a partial copy looks like a complete file.
      if (target.isNew && !isWhole) yield* remove(to);
    }
  } finally {
    yield* close(input);
  }
}

/** @returns whether the file is new as well. A dangling link is followed, and its target does not count as new. */
function* openTarget(path: string, mode: number, overwrite: boolean): Steps<{ fd: number; isNew: boolean }> {
  const flags = constants.O_WRONLY | constants.O_CREAT;
  try {
    return { fd: yield* open(nativePath(path), flags | constants.O_EXCL, mode), isNew: true };
  } catch (error) {
    if (!overwrite || !isSystemError(error, 'EEXIST')) throw error;
    return { fd: yield* open(nativePath(path), flags | constants.O_TRUNC, mode), isNew: false };
  }
}

function* pass(input: number, output: number): Steps<void> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  for (let count = yield* read(input, buffer); count > 0; count = yield* read(input, buffer)) {
    for (let written = 0; written < count;) written += yield* write(output, buffer.subarray(written, count));
    yield* rest();
  }
}

/** Errors of the system are dropped: the caller is already throwing the error that stopped the copy. */
function* remove(path: string): Steps<void> {
  try {
    yield* unlink(nativePath(path));
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

/** Makes a copy that does not exist yet share the blocks of the original. @returns false where the file system cannot. */
export function* cloneContent(from: string, to: string, source: BigIntStats): Steps<boolean> {
  if (!source.isFile() || source.size < WORTH_CLONING) return false;
  try {
    yield* copyFile(nativePath(from), nativePath(to), constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    // A link that dangles exists already, and is followed by the other way.
    if (isSystemError(error, 'EEXIST', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOTTY')) return false;
    throw error;
  }
}

/** @throws for FIFOs and sockets, which cannot be copied. Opening a FIFO would wait for its other end. */
export function requireContent(stats: BigIntStats, path: string): void {
  const kind = stats.isFIFO() ? 'a FIFO' : stats.isSocket() ? 'a socket' : undefined;
  if (kind !== undefined) throw systemError('ENOTSUP', `${kind} cannot be copied`, 'copyfile', path);
}
