import { BrokenResourceError, isCancelled } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { brokenError, closedError } from '@tercet/streams/lowlevel';
import type { ClosedResourceError } from '@tercet/core';

/** Whether a TLS connection can still be used, and what is said when it cannot. */
export class ConnectionHealth {
  /** Whether the handshake is through: what goes wrong before that is told as a failure of the handshake. */
  isHandshakeDone = false;
  isClosed = false;
  readonly describe: () => string;
  #broken: { readonly cause: unknown } | undefined = undefined;

  /** @param describe what the connection is called in errors. */
  constructor(describe: () => string) {
    this.describe = describe;
  }

  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** From now on it is broken. @returns why: because of what happened first. */
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

  /** What an error is for those who use the connection: when it has been closed meanwhile, that is what they are told. */
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

/** What is wrong when a task was cancelled in the middle of a handshake, or of sending. */
export function cutShortError(): Error {
  return new Error('what another task was doing with it was cancelled half-way');
}
