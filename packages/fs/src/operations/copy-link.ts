import { win32 } from 'node:path';
import { decodePath, nativePath } from '../lexical/path-bytes.ts';
import { isSystemError } from '../pool/fs-error.ts';
import { readlink, stat, symlink } from '../steps/node-calls.ts';
import type { Steps } from '../steps/steps.ts';

/** Copies a link. Its target stays the same text, so a relative one leads to an entry of the copy. */
export function* copyLink(from: string, to: string): Steps<void> {
  const target = yield* readlink(nativePath(from));
  if (process.platform === 'win32') yield* copyLinkOnWindows(decodePath(target), from, to);
  else yield* symlink(target, nativePath(to));
}

/**
 * On Windows a link to a folder is of another type than one to a file, and Node looks for the type where the copy leads to;
 * that may not be there yet. Besides, Node does not find it for a target in bytes.
 */
function* copyLinkOnWindows(target: string, from: string, to: string): Steps<void> {
  const toFolder = yield* leadsToFolder(from);
  try {
    yield* symlink(target, nativePath(to), toFolder ? 'dir' : 'file');
  } catch (error) {
    if (!toFolder || !win32.isAbsolute(target) || !isSystemError(error, 'EPERM')) throw error;
    // Unlike links, junctions need no permission. The original may well be one.
    yield* symlink(target, nativePath(to), 'junction');
  }
}

function* leadsToFolder(link: string): Steps<boolean> {
  try {
    return (yield* stat(nativePath(link))).isDirectory();
  } catch (error) {
    if (isSystemError(error)) return false;
    throw error;
  }
}
