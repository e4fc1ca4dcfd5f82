import { realpathSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { childText } from '../lexical/child-text.ts';
import { decodePath } from '../lexical/path-bytes.ts';

/** The working directory as text. Its name may be not UTF-8. */
export function workingDirectory(): string {
  const text = process.cwd();
  return text.includes('\uFFFD') ? decodePath(realpathSync.native('.', 'buffer')) : text;
}

/**
 * The absolute path, without resolving anything. Operations that take several steps need it: the program may change its working
 * directory in between.
 */
export function absoluteText(path: string): string {
  return fixedAt(path)(path);
}

/** Returns `absoluteText` for a path and all paths below it, bound to the current working directory. */
export function fixedAt(root: string): (path: string) => string {
  if (isAbsolute(root)) return unchanged;
  // Windows has a working directory for each drive, and resolves `..` without access to the disk.
  const directory = process.platform === 'win32' ? resolve(/^[A-Za-z]:/.exec(root)?.[0] ?? '.') : workingDirectory();
  return (path) => {
    const below = process.platform === 'win32' ? path.replace(/^[A-Za-z]:/, '') : path;
    return below === '.' || below === '' ? directory : childText(directory, below);
  };
}

const unchanged = (path: string): string => path;
