import { realpathSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { childText } from '../lexical/child-text.ts';
import { decodePath } from '../lexical/path-bytes.ts';

/** The text of the working directory, which may have a name that is not UTF-8. */
export function workingDirectory(): string {
  const text = process.cwd();
  return text.includes('\uFFFD') ? decodePath(realpathSync.native('.', 'buffer')) : text;
}

/**
 * The path seen from the root, without resolving anything: what takes several steps, or lasts, must not lead elsewhere when
 * the program changes its working directory meanwhile.
 */
export function absoluteText(path: string): string {
  return fixedAt(path)(path);
}

/** What `absoluteText` makes of a path, and of all paths below it, from the working directory of this moment. */
export function fixedAt(root: string): (path: string) => string {
  if (isAbsolute(root)) return unchanged;
  // Windows has a working directory for each drive, and `..` is resolved without looking at the disk there.
  const directory = process.platform === 'win32' ? resolve(/^[A-Za-z]:/.exec(root)?.[0] ?? '.') : workingDirectory();
  return (path) => {
    const below = process.platform === 'win32' ? path.replace(/^[A-Za-z]:/, '') : path;
    return below === '.' || below === '' ? directory : childText(directory, below);
  };
}

const unchanged = (path: string): string => path;
