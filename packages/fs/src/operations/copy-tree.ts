import type { BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import { isSystemError, systemError } from '../pool/fs-error.ts';
import { chmod, lstat, mkdir, readdir, realpath, stat, unlink } from '../steps/node-calls.ts';
import { rest } from '../steps/steps.ts';
import type { Steps } from '../steps/steps.ts';
import { childText } from '../lexical/child-text.ts';
import { cloneContent, copyContent, requireContent } from './copy-content.ts';
import { copyLink } from './copy-link.ts';
import { decodePath, nativePath } from '../lexical/path-bytes.ts';

/** Copies a folder with everything in it. If the target exists, the copy is merged into it. */
export function* copyTree(from: string, to: string, source: BigIntStats, overwrite: boolean): Steps<void> {
  yield* requireOutside(from, to, source);
  yield* copyFolder(from, to, source, overwrite, stat);
}

/** @throws when the target is the source, or is inside it: the copy would never end. */
function* requireOutside(from: string, to: string, source: BigIntStats): Steps<void> {
  let folder = yield* existingPart(to);
  for (;;) {
    const { dev, ino } = yield* stat(nativePath(folder));
    if (dev === source.dev && ino === source.ino) {
      throw systemError('EINVAL', `a folder cannot be copied into itself, to ${to}`, 'copyfile', from);
    }
    if (dirname(folder) === folder) return;
    folder = dirname(folder);
  }
}

/** The real path of the longest part of a path that exists. */
function* existingPart(path: string): Steps<string> {
  for (;;) {
    try {
      return decodePath(yield* realpath(nativePath(path)));
    } catch (error) {
      if (!isSystemError(error, 'ENOENT') || dirname(path) === path) throw error;
      path = dirname(path);
    }
  }
}

/** @param look `stat` or `lstat`, for the target. Below the top, a link to a folder must not lead out of the copy. */
function* copyFolder(
  from: string,
  to: string,
  source: BigIntStats,
  overwrite: boolean,
  look: typeof stat,
): Steps<void> {
  const made = yield* makeFolder(to, look);
  for (const name of yield* readdir(nativePath(from))) {
    yield* rest();
    const text = decodePath(name);
    yield* copyEntry(childText(from, text), childText(to, text), overwrite);
  }
  // At the end, because a read-only folder could not be filled.
  if (made) yield* chmod(nativePath(to), Number(source.mode) & 0o7777);
}

/** @returns false if the folder exists already. */
function* makeFolder(path: string, look: typeof stat): Steps<boolean> {
  try {
    yield* mkdir(nativePath(path), 0o700);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST') && (yield* isFolder(path, look))) return false;
    throw error;
  }
}

function* isFolder(path: string, look: typeof stat): Steps<boolean> {
  try {
    return (yield* look(nativePath(path))).isDirectory();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

function* copyEntry(from: string, to: string, overwrite: boolean): Steps<void> {
  const source = yield* lstat(nativePath(from));
  if (source.isDirectory()) return yield* copyFolder(from, to, source, overwrite, lstat);
  if (!source.isFile() && !source.isSymbolicLink()) {
    requireContent(source, from);
    throw systemError('ENOTSUP', 'a device cannot be copied with a folder', 'copyfile', from);
  }
  const there = yield* clearWay(to, source.isFile(), overwrite);
  if (source.isSymbolicLink()) yield* copyLink(from, to);
  else if (there?.ino === source.ino && there.dev === source.dev) return;
  else if (there !== undefined || !(yield* cloneContent(from, to, source)))
    yield* copyContent(from, to, source, overwrite);
}

/**
 * Makes room for an entry: removes a link, a FIFO or the like from the target. A regular file is left to be overwritten, so that
 * its other hard links stay.
 */
function* clearWay(path: string, forFile: boolean, overwrite: boolean): Steps<BigIntStats | undefined> {
  let there: BigIntStats;
  try {
    there = yield* lstat(nativePath(path));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
  if (!overwrite) throw systemError('EEXIST', 'file already exists', 'copyfile', path);
  if (there.isDirectory()) throw systemError('EISDIR', 'illegal operation on a directory', 'copyfile', path);
  if (there.isFile() && forFile) return there;
  yield* unlink(nativePath(path));
  return undefined;
}
