import { ExceptionGroup, TercetError } from '@tercet/core';

/**
 * No connection could be made: no address was found, or none of them answered. `cause` is the error of the only attempt, or
 * a group of the errors of all attempts.
 */
export class ConnectionFailedError extends TercetError {
  static {
    this.prototype.name = 'ConnectionFailedError';
  }

  /** The code that Node gives the (first) error: `'ECONNREFUSED'`, `'ENOTFOUND'`. */
  readonly code: string | undefined;

  constructor(message: string, errors: readonly unknown[]) {
    const [first] = errors;
    super(message, {
      cause: errors.length > 1 ? new ExceptionGroup('errors of the attempts to connect', errors) : first,
    });
    this.code = (first as { code?: string } | undefined)?.code;
  }
}

/** Whether the error came from the operating system or the resolver, and not from a mistake in the program. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && /^E(?!RR_)[A-Z0-9]+$/.test(code);
}
