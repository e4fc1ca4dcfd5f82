import type { BigIntStats } from 'node:fs';
import { isSystemError, systemError } from '../pool/fs-error.ts';
import { stat } from '../steps/node-calls.ts';
import type { Steps } from '../steps/steps.ts';
import { cloneContent, copyContent, requireContent } from './copy-content.ts';
import { copyTree } from './copy-tree.ts';
import { nativePath } from '../lexical/path-bytes.ts';

/**
 * Copies a file, or a folder with everything in it. Links are followed at both ends; links inside a folder are copied as links.
 *
 * Rejected: Node's `cp`, which makes relative links absolute, fails for names that are not UTF-8, and has error codes unlike
 * those of the system. Also `copyFile`, except for clones (see `copyContent`): moreover it waits
 * to open a FIFO, and removes a device that it cannot truncate.
 */
export function* copyPath(from: string, to: string, overwrite: boolean): Steps<void> {
  const source = yield* stat(nativePath(from));
  if (source.isDirectory()) return yield* copyTree(from, to, source, overwrite);
  requireContent(source, from);
  const target = yield* statIfThere(to);
  if (target?.isDirectory() === true) throw systemError('EISDIR', 'illegal operation on a directory', 'copyfile', to);
  if (target !== undefined) requireContent(target, to);
  if (target !== undefined && !overwrite) throw systemError('EEXIST', 'file already exists', 'copyfile', to);
  if (target !== undefined && target.dev === source.dev && target.ino === source.ino) return;
  if (target === undefined && (yield* cloneContent(from, to, source))) return;
  yield* copyContent(from, to, source, overwrite);
}

function* statIfThere(path: string): Steps<BigIntStats | undefined> {
  try {
    return yield* stat(nativePath(path));
  } catch (error) {
    // A dangling link is followed: its target will be created.
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
