import type { PathLike as NodePath } from 'node:fs';
import { inPool, inPoolUndoable } from '../pool/in-pool.ts';
import type { Done } from '../pool/in-pool.ts';
import { explain, isSystemError } from '../pool/fs-error.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { perform } from '../steps/steps.ts';
import type { Steps } from '../steps/steps.ts';
import { nativePath } from '../lexical/path-bytes.ts';

/** One of Node's functions. */
export type Operation<T> = (native: NodePath, done: Done<T>) => void;

/** Does to a path what one of Node's functions does. `verb` completes "cannot … /the/path". */
export function operate<T>(verb: string, path: string, start: Operation<T>, options?: ThreadPoolOptions): Promise<T> {
  return inPool<T>(`${verb} ${path}`, (done) => start(nativePath(path), done), options);
}

/** Does something in several steps. It is given up at its next rest when the surrounding scope is cancelled. */
export function inSteps<T>(attempted: string, steps: Steps<T>, options?: ThreadPoolOptions): Promise<T> {
  return inPoolUndoable<T>(attempted, (done, job) => perform(steps, done, job), options);
}

/** What `operate` does, at once, without the pool: it blocks the whole process for as long as it takes. */
export function operateSync<T>(verb: string, path: string, call: (native: NodePath) => T): T {
  try {
    return call(nativePath(path));
  } catch (error) {
    throw explain(error, `${verb} ${path}`);
  }
}

/** What the system says of a path at which there is nothing. */
export const ABSENT = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EBADF'] as const;

export function isAbsent(error: unknown): boolean {
  return isSystemError(error, ...ABSENT);
}
