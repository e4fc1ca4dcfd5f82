import { fileURLToPath } from 'node:url';
import { PurePath } from './pure-path.ts';
import type { PathLike } from './pure-path.ts';

/** The text of whatever stands for a path, as it is. @throws {TypeError} when nothing of that kind was given. */
export function pathText(path: PathLike): string {
  if (typeof path === 'string') return path;
  if (path instanceof PurePath) return path.toString();
  if (typeof path === 'object' && path !== null && typeof path.href === 'string') return fileURLToPath(path);
  throw new TypeError(`a path is text, a Path or a file: URL, not ${path === null ? 'null' : typeof path}`);
}
