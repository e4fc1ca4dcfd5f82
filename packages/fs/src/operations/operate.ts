import type { PathLike as NodePath } from 'node:fs';
import { inPool, inPoolUndoable } from '../pool/in-pool.ts';
import type { Done } from '../pool/in-pool.ts';
import { explain, isSystemError } from '../pool/fs-error.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { perform } from '../steps/steps.ts';
import type { Steps } from '../steps/steps.ts';
import { nativePath } from '../lexical/path-bytes.ts';

/** A function of node:fs that takes a path. */
export type Operation<T> = (native: NodePath, done: Done<T>) => void;

/** Runs a function of node:fs on a path, in the pool. @param verb completes "cannot … /the/path" in errors. */
export function operate<T>(verb: string, path: string, start: Operation<T>, options?: ThreadPoolOptions): Promise<T> {
  return inPool<T>(`${verb} ${path}`, (done) => start(nativePath(path), done), options);
}

/** Runs an algorithm in several steps, in the pool. It stops at its next rest when the surrounding scope is cancelled. */
export function inSteps<T>(attempted: string, steps: Steps<T>, options?: ThreadPoolOptions): Promise<T> {
  return inPoolUndoable<T>(attempted, (done, job) => perform(steps, done, job), options);
}

/** Runs a synchronous function of node:fs on a path. Blocks the whole process. */
export function operateSync<T>(verb: string, path: string, call: (native: NodePath) => T): T {
  try {
    return call(nativePath(path));
  } catch (error) {
    throw explain(error, `${verb} ${path}`);
  }
}

/** The error codes of the system for a path that does not exist. */
export const ABSENT = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EBADF'] as const;

/** Whether an error says that a path does not exist. */
export function isAbsent(error: unknown): boolean {
  return isSystemError(error, ...ABSENT);
}
