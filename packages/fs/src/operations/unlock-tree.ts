import { childText } from '../lexical/child-text.ts';
import { decodePath, nativePath } from '../lexical/path-bytes.ts';
import { chmod, entries, lstat } from '../steps/node-calls.ts';
import { rest } from '../steps/steps.ts';
import type { Steps } from '../steps/steps.ts';
import { isAbsent } from './operate.ts';

/** Gives the owner of a tree all permissions on the folders in it. Links are not followed. */
export function* unlockTree(path: string): Steps<void> {
  const folders = [path];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    yield* rest();
    for (const name of yield* unlockFolder(folder)) folders.push(childText(folder, name));
  }
}

/** @returns the names of the folders in it. */
function* unlockFolder(path: string): Steps<string[]> {
  const native = nativePath(path);
  try {
    if (!(yield* lstat(native)).isDirectory()) return [];
    yield* chmod(native, 0o700);
    const found = (yield* entries(native)).filter((entry) => entry.isDirectory());
    return found.map(({ name }) => decodePath(name as unknown as Uint8Array));
  } catch (error) {
    // Somebody else has removed it.
    if (isAbsent(error)) return [];
    throw error;
  }
}
