import { CancelScope, currentEffectiveDeadline, StateError } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import type { Stream } from '@tercet/streams';

/**
 * How to handle an error of a handler. `'report'`: emit a process warning, close the connection and go on. `'raise'`: end
 * the server with the error. A function is called with the error: the server goes on when it returns, and ends with what it
 * throws.
 *
 * @example
 * let failed = 0;
 * const onHandlerError: OnHandlerError = (error) => {
 *   failed++;
 *   if (error instanceof RangeError) throw error; // this ends the server; other errors do not
 * };
 * await moveOnAfter(5, () => serveTcp(() => undefined, 0, { host: '127.0.0.1', onHandlerError }));
 */
export type OnHandlerError<S = Stream> = 'report' | 'raise' | ((error: unknown, stream: S) => unknown);

/** The stage in which a handler's connection failed. */
export type Failed = 'handler' | 'handshake';

const MINUTE = 60_000;

/** Decides what becomes of the errors of one server's handlers. `S` is what a handler gets, and an error is reported with. */
export class HandlerErrors<S = Stream> {
  readonly #onError: OnHandlerError<S>;
  readonly #warnings: Readonly<Record<Failed, LimitedWarnings>>;

  /**
   * @param consequence what happens to the connection of a handler that has failed.
   * @throws {TypeError} when `onError` is none of the choices.
   */
  constructor(onError: OnHandlerError<S>, operation: string, consequence: string = 'its connection is closed') {
    if (onError !== 'report' && onError !== 'raise' && typeof onError !== 'function') {
      throw new TypeError(
        `${operation}: onHandlerError must be 'report', 'raise' or a function, not ${String(onError)}`,
      );
    }
    this.#onError = onError;
    this.#warnings = {
      handler: new LimitedWarnings(`a handler has failed, ${consequence}, and the server goes on`, 10),
      // Anyone on the network can cause these.
      handshake: new LimitedWarnings('a TLS handshake has failed, and its connection is closed', 1),
    };
  }

  /**
   * Handles the error of a step for `subject`. Called in the task in which the error was thrown.
   *
   * @throws the error that has to end the server, and `Cancelled` when the surrounding scope is cancelled.
   */
  async handle(error: unknown, failed: Failed, stream: S): Promise<void> {
    const rest = await withoutCancelled(error);
    if (currentEffectiveDeadline() === -Infinity) {
      if (rest === undefined) throw error;
      await this.#decide(rest.error, failed, stream);
    } else {
      const hasForeign = rest?.error !== error;
      await this.#decide(hasForeign ? strayCancelled(error) : error, failed, stream);
    }
  }

  async #decide(error: unknown, failed: Failed, stream: S): Promise<void> {
    const onError = this.#onError;
    if (typeof onError === 'function') await onError(error, stream);
    // A peer must not be able to end the server.
    else if (onError === 'raise' && failed === 'handler') throw error;
    else this.#warnings[failed].warn(error);
  }
}

/** Takes every `Cancelled` out of an error. @returns `undefined` when nothing is left. */
async function withoutCancelled(error: unknown): Promise<{ readonly error: unknown } | undefined> {
  try {
    // A scope takes out every `Cancelled`; behind a shield it does so whether or not the scopes around it are cancelled.
    await new CancelScope({ shield: true }).run((scope) => {
      scope.cancel();
      throw error;
    });
    return undefined;
    // oxlint-disable-next-line @tercet/no-swallowed-cancel -- no Cancelled comes out of the scope
  } catch (rest) {
    return { error: rest };
  }
}

function strayCancelled(cause: unknown): StateError {
  const text =
    'a handler ended with the Cancelled of something else, though nobody has cancelled it: it has awaited work that ' +
    'another task began and gave up; catch Cancelled there, or begin the work where it outlives all tasks that wait for it';
  return Object.assign(new StateError(text), { cause });
}

/** Process warnings, with a limit for each minute, because peers can cause them. */
class LimitedWarnings {
  readonly #what: string;
  readonly #most: number;
  #since = -Infinity;
  #said = 0;
  #unsaid = 0;

  constructor(what: string, most: number) {
    this.#what = what;
    this.#most = most;
  }

  warn(error: unknown): void {
    const now = performance.now();
    if (now - this.#since >= MINUTE) {
      this.#since = now;
      this.#said = 0;
    }
    if (this.#said === this.#most) {
      this.#unsaid++;
      return;
    }
    this.#said++;
    const before = this.#unsaid === 0 ? '' : ` (and ${this.#unsaid} more times since the last warning)`;
    this.#unsaid = 0;
    process.emitWarning(`${this.#what}${before}: ${describeError(error)}`, {
      type: 'TercetHandlerWarning',
      detail: stackOf(error),
    });
  }
}

function stackOf(error: unknown): string {
  try {
    return String((error as Error).stack);
  } catch {
    return '';
  }
}
