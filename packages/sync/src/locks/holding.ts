import { rejected } from '@tercet/core/lowlevel';

/**
 * The result of `acquire` of a lock, a semaphore, a limiter or a condition. It releases what was acquired, once, at the end
 * of a `using` block.
 */
export class Holding<B> implements Disposable {
  #giveBack: ((borrower: B) => void) | undefined;
  readonly #borrower: B;

  constructor(giveBack: (borrower: B) => void, borrower: B) {
    this.#giveBack = giveBack;
    this.#borrower = borrower;
  }

  [Symbol.dispose](): void {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.(this.#borrower);
  }
}

/** Acquires, calls the function, and gives back when it has ended: `run` of locks, semaphores, limiters and conditions. */
export async function runHolding<R>(
  resource: { acquire(): Promise<Disposable> },
  fn: () => R | PromiseLike<R>,
): Promise<R> {
  if (typeof fn !== 'function') {
    return rejected(new TypeError('run() takes a function: run(() => work())'));
  }
  const holding = await resource.acquire();
  try {
    return await fn();
  } finally {
    holding[Symbol.dispose]();
  }
}
