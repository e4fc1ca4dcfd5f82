import { BrokenResourceError, isCancelled } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { brokenError, closedError } from '@tercet/streams/lowlevel';
import type { ClosedResourceError } from '@tercet/core';

/** Whether a TLS connection can still be used, and the errors for when it cannot. */
export class ConnectionHealth {
  /** Whether the handshake is done. Errors before that are reported as a failure of the handshake. */
  isHandshakeDone = false;
  isClosed = false;
  readonly describe: () => string;
  #broken: { readonly cause: unknown } | undefined = undefined;

  /** @param describe the name of the connection in errors. */
  constructor(describe: () => string) {
    this.describe = describe;
  }

  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** From now on it is broken. @returns the reason, which is the first one given. */
  break(error: unknown): unknown {
    this.#broken ??= {
      cause: isCancelled(error) ? cutShortError() : error,
    };
    return this.#broken.cause;
  }

  /** @throws {ClosedResourceError} @throws {BrokenResourceError} */
  requireUsable(operation: string): void {
    if (this.isClosed) throw this.closedError(operation);
    if (this.#broken !== undefined) throw this.brokenError(operation, this.#broken.cause);
  }

  /** The error to throw for `error`: if the connection has been closed meanwhile, that is the reason. */
  translate(error: unknown, operation: string): unknown {
    return this.isClosed && !isCancelled(error) ? this.closedError(operation) : error;
  }

  closedError(operation: string): ClosedResourceError {
    return closedError(operation, this.describe());
  }

  brokenError(operation: string, cause: unknown): BrokenResourceError {
    const name = this.describe();
    if (this.isHandshakeDone) return brokenError(operation, name, cause);
    const text = `${operation}: the TLS handshake has failed, ${name} is broken: ${describeError(cause)}`;
    return new BrokenResourceError(text, { cause });
  }
}

/** The reason when a task was cancelled in the middle of a handshake, or of sending. */
export function cutShortError(): Error {
  return new Error('what another task was doing with it was cancelled half-way');
}
