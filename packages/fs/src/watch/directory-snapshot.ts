import type { BigIntStats } from 'node:fs';
import { childText } from '../lexical/child-text.ts';
import { isAbsent } from '../operations/operate.ts';
import { isSystemError } from '../pool/fs-error.ts';
import { decodePath, nativePath } from '../lexical/path-bytes.ts';
import { entries, lstat, stat } from '../steps/node-calls.ts';
import { rest } from '../steps/steps.ts';
import type { Steps } from '../steps/steps.ts';

/** The state of a directory at a moment. */
export interface DirectorySnapshot {
  /** Identifies the directory under any name. */
  readonly identity: string;
  readonly names: ReadonlySet<string>;
  /** The names of directories, without links to directories. */
  readonly directories: readonly string[];
  /** Whether the directory or an entry has changed since the given time. */
  readonly touched: boolean;
}

/** Reads a directory. @param since in milliseconds since 1970; without it, `touched` is false, and entries are not examined. */
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

/**
 * Identifies a directory. The inode alone is not enough, because a new directory may get that of a removed one. So the birth
 * time is part of it.
 */
export function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`;
}

/** The result of `lstat`: `undefined` if nothing is there, `'hidden'` if it is not permitted to know. */
export type EntryStats = BigIntStats | undefined | 'hidden';

/** Examines several paths. Links are not followed. */
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
