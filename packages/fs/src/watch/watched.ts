import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { runOutside } from '@tercet/core/lowlevel';
import { decodePath, nativePath } from '../lexical/path-bytes.ts';
import { isAbsent } from '../operations/operate.ts';
import { isSystemError } from '../pool/fs-error.ts';
import type { FsError } from '../pool/fs-error.ts';

/** What is different now: of a path, or unknown, since more has happened than was kept. */
export type Finding =
  { readonly type: 'created' | 'changed' | 'removed'; readonly path: string } | { readonly type: 'overflow' };

/** What is watched: a file, or a directory, or a tree. It notes that something has happened, and looks when it is asked to. */
export interface Watched {
  /** How many events have come. */
  readonly count: number;
  /** Whether something has happened at which nobody has looked yet. */
  readonly restless: boolean;
  /** There is nothing left to be watched. */
  readonly gone: boolean;
  /** Takes out the errors of what cannot be watched and is left out. */
  refused(): FsError[];
  /** What is different since the last look. */
  look(): Promise<Finding[]>;
  close(): void;
}

/** What the system tells of a directory: that a name in it has come or gone (`renamed`), or changed. */
export type OnName = (name: string | undefined, renamed: boolean) => void;

/**
 * Watches one directory, not what is below it.
 *
 * @param onName `undefined` stands for a name that the system does not tell. @throws when it cannot be watched.
 */
export function watchDirectory(path: string, onName: OnName): FSWatcher {
  // Outside: the watcher must not keep the context of the task that asked for it.
  const watcher = runOutside(() => watch(nativePath(path), { encoding: 'buffer' }));
  watcher.on('change', (kind, name) => {
    const text = name === null ? undefined : typeof name === 'string' ? name : decodePath(name);
    onName(text, kind === 'rename');
  });
  // It says no more than that the directory is not what it was.
  watcher.on('error', () => onName(undefined, true));
  return watcher;
}

/** For directories that only help to see more: one that may not be watched, or has gone, is passed over. */
export function watchIfAllowed(path: string, onName: OnName): FSWatcher | undefined {
  try {
    return watchDirectory(path, onName);
  } catch (error) {
    if (isAbsent(error) || isSystemError(error, 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}
