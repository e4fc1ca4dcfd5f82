import { isError } from '@tercet/core/lowlevel';
import { TercetError } from '@tercet/core';

/** What Node's errors about files are. */
export interface FsSystemError extends Error {
  readonly code: string;
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
  readonly dest?: string;
}

/**
 * The system refused an operation on a file. The text says what was attempted, `code` why it failed, in Node's words:
 * `'ENOENT'`, `'EACCES'`, `'ENOSPC'`. `cause` is Node's own error; the stack is that of the calling code, which Node's
 * errors lack.
 */
export class FsError extends TercetError {
  static {
    this.prototype.name = 'FsError';
  }
  readonly code: string;
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
  /** The second path, of operations that have two. */
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

/** Whether the error says that the system refused something, whoever made it: with one of the codes, if there are any. */
export function isSystemError(error: unknown, ...codes: string[]): error is FsSystemError {
  if (!isError(error)) return false;
  const { code, syscall } = error as Partial<FsSystemError>;
  if (typeof code !== 'string' || typeof syscall !== 'string') return false;
  return codes.length === 0 || codes.includes(code);
}

/** An error as the system makes them, for what is refused here. */
export function systemError(code: string, text: string, syscall: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${text}, ${syscall} '${path}'`), { code, syscall, path });
}

/** The error as one about another path: for operations that use names which nobody else knows of. */
export function aboutPath(error: unknown, path: string): unknown {
  if (!isSystemError(error) || error.path === path) return error;
  const { code, errno, syscall } = error;
  // Node appends the paths to the text, in quotes.
  const about = new Error(`${error.message.replace(/ '[^]*$/, '')} '${path}'`, { cause: error });
  return Object.assign(about, { code, syscall, path }, errno === undefined ? {} : { errno });
}

/** The error for the caller: what the system refused gets a text and a stack of our own, all else stays as it is. */
export function explain(error: unknown, attempted: string): unknown {
  return isSystemError(error) && !(error instanceof FsError) ? new FsError(attempted, error) : error;
}

/**
 * What to throw instead of an error that names a path which nobody else knows of.
 *
 * @param path the one that the caller knows.
 */
export function explainAbout(error: unknown, attempted: string, path: string): unknown {
  if (!isSystemError(error)) return error;
  const original = error instanceof FsError ? error.cause : error;
  return new FsError(attempted, aboutPath(original, path) as FsSystemError);
}
