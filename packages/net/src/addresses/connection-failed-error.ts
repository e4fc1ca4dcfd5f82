import { ExceptionGroup, TercetError } from '@tercet/core';

/**
 * There is no connection: no address was found, or none of them answered. `cause` has the error of the one address that
 * was tried, or a group with those of all.
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

/** Whether the error came from the operating system or the resolver: it tells of the world, and not of a mistake. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && /^E(?!RR_)[A-Z0-9]+$/.test(code);
}
