import type { Waker } from '@tercet/core/lowlevel';
import { explain, isSystemError } from './fs-error.ts';

/** Hands what a callback was given to the one who waits for it. */
export function settle<T>(waker: Waker<T>, attempted: string, error: Error | null | undefined, value?: T): void {
  if (!error) waker.wake(value as T);
  else if (isSystemError(error)) waker.wake(new Explanation(error, attempted) as T);
  else waker.fail(error);
}

const step = Promise.resolve();

/**
 * The error for the caller, as a promise of which the wait's own becomes a reader: from there the stack leads on to the
 * functions that await it, which from a callback nobody can see. So the error must not be made before that has happened,
 * which may be a turn of the loop later, nor before those functions have been connected, which takes two steps.
 */
class Explanation implements PromiseLike<never> {
  readonly #error: Error;
  readonly #attempted: string;

  constructor(error: Error, attempted: string) {
    this.#error = error;
    this.#attempted = attempted;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- called by the wait's promise when it is settled, as late as is needed
  then<A, B>(
    onFulfilled?: ((value: never) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#explain().then(onFulfilled, onRejected);
  }

  async #explain(): Promise<never> {
    await step;
    await step;
    throw explain(this.#error, this.#attempted);
  }
}
