import { CancelScope } from '../cancellation/cancel-scope.ts';
import { TooSlowError } from '../errors/tercet-error.ts';
import { suspend } from '../waiting/suspend.ts';

/** The end of a call. */
type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** A call through a portal: the body of its task, which never fails, and the two forms of its outcome. */
export class PortalCall<T> {
  readonly #fn: () => T | PromiseLike<T>;
  readonly #scope: CancelScope;
  readonly #signal: AbortSignal | undefined;
  readonly #timeout: number | undefined;
  /** Gets the outcome when the task is about to end. */
  #settle: (outcome: Outcome<T>) => void = () => undefined;

  constructor(fn: () => T | PromiseLike<T>, signal: AbortSignal | undefined, timeout: number | undefined) {
    this.#fn = fn;
    this.#signal = signal;
    this.#timeout = timeout;
    this.#scope = new CancelScope({
      ...(signal !== undefined && { signal }),
      ...(timeout !== undefined && { relativeDeadline: timeout }),
    });
  }

  /** The function that its task runs. */
  readonly body = async (): Promise<void> => {
    let outcome: Outcome<T>;
    try {
      const value = await this.#scope.run(() => this.#fn());
      outcome = this.#scope.cancelledCaught ? { error: this.#whyCancelled() } : { value: value as T };
    } catch (error) {
      outcome = { error };
    }
    this.#settle(outcome);
  };

  /** The outcome as an ordinary promise, for callers outside of tasks. */
  asPromise(begin: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#settle = (outcome) => ('error' in outcome ? reject(outcome.error) : resolve(outcome.value));
      begin();
    });
  }

  /** The outcome as an operation of the calling task, whose cancellation reaches the call. */
  asOperation(begin: () => void): Promise<T> {
    return suspend<T>('a call through a portal', (waker) => {
      let raise: (() => never) | undefined;
      this.#settle = (outcome) => {
        if (!('error' in outcome)) waker.wake(outcome.value);
        else waker.fail(raise === undefined || outcome.error !== CANCELLED_BY_CALLER ? outcome.error : thrownBy(raise));
      };
      begin();
      return (raiseCancel) => {
        raise = raiseCancel;
        this.#scope.cancel('its caller was cancelled');
        return 'failed';
      };
    });
  }

  #whyCancelled(): unknown {
    const signal = this.#signal;
    if (CancelScope.nodeOf(this.#scope).endedByOwnDeadline)
      return new TooSlowError(`portal.call(): not done within ${this.#timeout} ms`);
    return signal?.aborted === true ? signal.reason : CANCELLED_BY_CALLER;
  }
}

/** A placeholder for the `Cancelled` of the calling task, which only that task can throw. */
const CANCELLED_BY_CALLER = Symbol('cancelled by the caller');

function thrownBy(raise: () => never): unknown {
  try {
    return raise();
  } catch (error) {
    return error;
  }
}
