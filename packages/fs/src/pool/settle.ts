import type { Waker } from '@tercet/core/lowlevel';
import { explain, isSystemError } from './fs-error.ts';

/** Settles a wait with the arguments of a callback of node:fs. */
export function settle<T>(waker: Waker<T>, attempted: string, error: Error | null | undefined, value?: T): void {
  if (!error) waker.wake(value as T);
  else if (isSystemError(error)) waker.wake(new Explanation(error, attempted) as T);
  else waker.fail(error);
}

const microtask = Promise.resolve();

/**
 * A thenable that makes the error for the caller two microtasks late. An error made in a callback has no frames of the caller.
 * By then the wait's promise has adopted this thenable, and V8 sees the functions that await it: they appear in the stack.
 */
class Explanation implements PromiseLike<never> {
  readonly #error: Error;
  readonly #attempted: string;

  constructor(error: Error, attempted: string) {
    this.#error = error;
    this.#attempted = attempted;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- the wait's promise calls this when it is settled, which is late enough
  then<A, B>(
    onFulfilled?: ((value: never) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#explain().then(onFulfilled, onRejected);
  }

  async #explain(): Promise<never> {
    await microtask;
    await microtask;
    throw explain(this.#error, this.#attempted);
  }
}
