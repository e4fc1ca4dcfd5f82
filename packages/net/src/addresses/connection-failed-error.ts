import { ExceptionGroup, TercetError } from '@tercet/core';

/**
 * No connection could be made: no address was found, or none of them answered. `cause` is the error of the only attempt, or
 * a group of the errors of all attempts.
 *
 * @example
 * const [listener] = await openTcpListeners(0, { host: '127.0.0.1' });
 * await listener!.close(); // the port is closed now
 * try {
 *   await openTcpStream('127.0.0.1', listener!.port);
 * } catch (error) {
 *   if (!(error instanceof ConnectionFailedError)) throw error;
 *   console.log(error.code); // ECONNREFUSED
 * }
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
