import { readlink, realpath } from 'node:fs';
import { dirname, basename, join, resolve, win32 } from 'node:path';
import { isSystemError } from '../pool/fs-error.ts';
import type { Done } from '../pool/in-pool.ts';
import { decodePath, nativePath } from '../lexical/path-bytes.ts';

const MOST_LINKS = 40;

/**
 * Resolves all links and `..` of an absolute path. Unless `strict`, the end of the path may be missing: then the part that
 * exists is resolved, including dangling links, and the rest is appended.
 */
export function resolvePath(path: string, strict: boolean, done: Done<string>): void {
  let linksLeft = MOST_LINKS;
  const attempt = (head: string, tail: string): void => {
    realpath.native(nativePath(head), 'buffer', (error, real) => {
      if (error === null) return done(null, tail === '' ? decodePath(real) : resolve(decodePath(real), tail));
      if (strict || !isSystemError(error, 'ENOENT', 'ENOTDIR') || dirname(head) === head) return done(error);
      readlink(nativePath(head), 'buffer', (noLink, target) => {
        if (noLink !== null) attempt(dirname(head), join(basename(head), tail));
        else if (linksLeft-- > 0) attempt(absolute(dirname(head), decodePath(target)), tail);
        else done(error);
      });
    });
  };
  // Leaves `..` to the system, because the name before it may be a link.
  attempt(path, '');
}

function absolute(directory: string, target: string): string {
  // Windows itself resolves `..` without access to the disk.
  if (process.platform === 'win32') return win32.resolve(directory, target);
  return target.startsWith('/') ? target : `${directory}/${target}`;
}
