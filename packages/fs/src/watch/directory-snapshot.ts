import type { BigIntStats } from 'node:fs';
import { childText } from '../lexical/child-text.ts';
import { isAbsent } from '../operations/operate.ts';
import { isSystemError } from '../pool/fs-error.ts';
import { decodePath, nativePath } from '../lexical/path-bytes.ts';
import { entries, lstat, stat } from '../steps/node-calls.ts';
import { rest } from '../steps/steps.ts';
import type { Steps } from '../steps/steps.ts';

/** What a directory is, and what is in it. */
export interface DirectorySnapshot {
  /** Which directory it is, whatever its name. */
  readonly identity: string;
  readonly names: ReadonlySet<string>;
  /** Those of the names that are directories; links to directories are not. */
  readonly directories: readonly string[];
  /** Whether anything in it has changed since the time that was asked for. */
  readonly touched: boolean;
}

/** @param since a time in milliseconds since 1970; without it nothing that is in the directory is looked at. */
export function* takeSnapshot(path: string, since?: number): Steps<DirectorySnapshot> {
  const own = yield* stat(nativePath(path));
  const names = new Set<string>();
  const directories: string[] = [];
  for (const entry of yield* entries(nativePath(path))) {
    const name = decodePath(entry.name as unknown as Uint8Array);
    names.add(name);
    if (entry.isDirectory()) directories.push(name);
  }
  const touched = since !== undefined && (yield* isTouched(path, own, names, since));
  return { identity: identityOf(own), names, directories, touched };
}

function* isTouched(path: string, own: BigIntStats, names: Iterable<string>, since: number): Steps<boolean> {
  if (Number(own.ctimeMs) >= since) return true;
  for (const name of names) {
    const stats = yield* lookAt(childText(path, name));
    if (typeof stats !== 'object' || Number(stats.ctimeMs) >= since) return true;
    yield* rest();
  }
  return false;
}

/** The number of a directory that has been removed may be given to the next one, so the time at which it was made counts, too. */
export function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`;
}

/** What is at a path: nothing, or something that may not be looked at. */
export type EntryStats = BigIntStats | undefined | 'hidden';

/** What is at each of the paths. A link is not followed. */
export function* lookAtAll(paths: readonly string[]): Steps<EntryStats[]> {
  const found: EntryStats[] = [];
  for (const path of paths) found.push(yield* lookAt(path));
  return found;
}

function* lookAt(path: string): Steps<EntryStats> {
  try {
    return yield* lstat(nativePath(path));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    if (isSystemError(error, 'EACCES', 'EPERM')) return 'hidden';
    throw error;
  }
}
