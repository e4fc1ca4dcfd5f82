import { fileURLToPath } from 'node:url';
import { PurePath } from './pure-path.ts';
import type { PathLike } from './pure-path.ts';
import { describeValue } from './describe-value.ts';

/** The text of a path, unchanged. @throws {TypeError} when it is not a string, a path object or a `file:` URL. */
export function pathText(path: PathLike): string {
  if (typeof path === 'string') return path;
  if (path instanceof PurePath) return path.toString();
  if (typeof path === 'object' && path !== null && typeof path.href === 'string') return fileURLToPath(path);
  throw new TypeError(`a path must be a string, a Path or a file: URL, not ${describeValue(path)}`);
}
