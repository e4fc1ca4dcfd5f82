import { isError } from '@tercet/core/lowlevel';
import { TercetError } from '@tercet/core';

/**
 * An error of node:fs.
 *
 * @example
 * import { readFile } from 'node:fs/promises';
 *
 * try {
 *   await readFile('missing.txt');
 * } catch (error) {
 *   const { code, path } = error as FsSystemError; // 'ENOENT', 'missing.txt'
 *   console.log(new FsError('read the settings', error as FsSystemError).message, code, path);
 * }
 */
export interface FsSystemError extends Error {
  readonly code: string;
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
  readonly dest?: string;
}

/**
 * The system has refused an operation on a file. The message says what was attempted; `code` says why it failed, as in
 * Node: `'ENOENT'`, `'EACCES'`, `'ENOSPC'`. `cause` is Node's error. Unlike that, this one has the stack of the caller.
 *
 * @example
 * try {
 *   await new Path('settings.json').readText();
 * } catch (error) {
 *   if (!(error instanceof FsError) || error.code !== 'ENOENT') throw error;
 *   console.log('there are no settings');
 * }
 */
export class FsError extends TercetError {
  static {
    this.prototype.name = 'FsError';
  }
  readonly code: string;
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
  /** The second path, if the operation has two. */
  readonly dest?: string;

  constructor(attempted: string, cause: FsSystemError) {
    super(`cannot ${attempted}: ${cause.message}`, { cause });
    this.code = cause.code;
    if (cause.errno !== undefined) this.errno = cause.errno;
    if (cause.syscall !== undefined) this.syscall = cause.syscall;
    if (cause.path !== undefined) this.path = cause.path;
    if (cause.dest !== undefined) this.dest = cause.dest;
  }
}

/** Whether this is an error of the system, whichever library has made it. @param codes if given, it must have one of these. */
export function isSystemError(error: unknown, ...codes: string[]): error is FsSystemError {
  if (!isError(error)) return false;
  const { code, syscall } = error as Partial<FsSystemError>;
  if (typeof code !== 'string' || typeof syscall !== 'string') return false;
  return codes.length === 0 || codes.includes(code);
}

/** Makes an error like those of the system, for an operation that this package refuses itself. */
export function systemError(code: string, text: string, syscall: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${text}, ${syscall} '${path}'`), { code, syscall, path });
}

/** Replaces the path in an error, for operations that use internal paths. */
export function aboutPath(error: unknown, path: string): unknown {
  if (!isSystemError(error) || error.path === path) return error;
  const { code, errno, syscall } = error;
  // Node appends the paths to the text, in quotes.
  const about = new Error(`${error.message.replace(/ '[^]*$/, '')} '${path}'`, { cause: error });
  return Object.assign(about, { code, syscall, path }, errno === undefined ? {} : { errno });
}

/** Turns an error of the system into an `FsError`, with the stack of the caller. Returns any other error unchanged. */
export function explain(error: unknown, attempted: string): unknown {
  return isSystemError(error) && !(error instanceof FsError) ? new FsError(attempted, error) : error;
}

/** `explain` for an error that names an internal path. @param path the path that the caller knows. */
export function explainAbout(error: unknown, attempted: string, path: string): unknown {
  if (!isSystemError(error)) return error;
  const original = error instanceof FsError ? error.cause : error;
  return new FsError(attempted, aboutPath(original, path) as FsSystemError);
}
