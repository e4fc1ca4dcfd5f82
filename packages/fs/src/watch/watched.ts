import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { runOutside } from '@tercet/core/lowlevel';
import { decodePath, nativePath } from '../lexical/path-bytes.ts';
import { isAbsent } from '../operations/operate.ts';
import { isSystemError } from '../pool/fs-error.ts';
import type { FsError } from '../pool/fs-error.ts';

/** A difference that was found: at a path, or, after an overflow, not known where. */
export type Finding =
  { readonly type: 'created' | 'changed' | 'removed'; readonly path: string } | { readonly type: 'overflow' };

/** A watched file, directory or tree. Events only note that something has happened; `look` finds out what. */
export interface Watched {
  /** The number of events so far. */
  readonly count: number;
  /** Whether something may have happened since the last look. */
  readonly restless: boolean;
  /** Whether the watched path has been removed for good. */
  readonly gone: boolean;
  /** Returns, and clears, the errors of directories that could not be watched and were skipped. */
  refused(): FsError[];
  /** Finds the differences since the last look. */
  look(): Promise<Finding[]>;
  close(): void;
}

/** Called for an event of the system: an entry was created or removed (`renamed`), or changed. */
export type OnName = (name: string | undefined, renamed: boolean) => void;

/** Reports events until it is closed. */
export interface Watcher {
  close(): void;
}

/**
 * Watches a directory.
 *
 * @param onName its name is `undefined` if the system does not report one.
 * @param options `recursive` watches the directories below as well; names are then relative paths. False by default.
 * @throws the system's error when the directory cannot be watched.
 */
export function watchDirectory(
  path: string,
  onName: OnName,
  { recursive = false }: { readonly recursive?: boolean } = {},
): FSWatcher {
  // Outside, so that the watcher does not keep the context of the task alive.
  const watcher = runOutside(() => watch(nativePath(path), { encoding: 'buffer', recursive }));
  watcher.on('change', (kind, name) => {
    const text = name === null ? undefined : typeof name === 'string' ? name : decodePath(name);
    onName(text, kind === 'rename');
  });
  // All that an error says is that the directory is no longer the same.
  watcher.on('error', () => onName(undefined, true));
  return watcher;
}

/**
 * Watches a directory if possible.
 *
 * @returns `undefined` if it is not permitted, the directory does not exist, or nothing can change there.
 */
export function watchIfAllowed(path: string, onName: OnName): FSWatcher | undefined {
  // Here macOS has its links, such as /tmp and /var, on a volume that cannot be written; yet the events are those of the whole disk.
  if (process.platform === 'darwin' && path === '/') return undefined;
  try {
    return watchDirectory(path, onName);
  } catch (error) {
    if (isAbsent(error) || isSystemError(error, 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}
