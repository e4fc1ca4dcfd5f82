import { isThenable } from './input.ts';
import type { Mark } from './marks.ts';
import type { Failure } from './failure.ts';

/** Where the items of a stage go: the link to the next one, or the end of the flow. */
export interface Output {
  /** Takes one item. @returns a promise to wait for before the next one, when there is no room for that now. */
  put(item: unknown): PromiseLike<unknown> | undefined;
  /** Takes a mark, behind the items before it. */
  mark(mark: Mark): PromiseLike<unknown> | undefined;
  /** Whether there is no room before the first item. */
  readonly isFull: boolean;
  room(): Promise<void>;
  /** Whether no more items are wanted. */
  readonly closed: boolean;
  end(): void;
  /** The items before are delivered first. */
  fail(failure: Failure): void;
}

/** The end of a flow, where the items have been used up by the last section. */
export class EndOutput implements Output {
  readonly isFull = false;
  readonly closed = false;
  readonly #arrive: (failure: Failure) => void;

  /** @param arrive is called with the failure that has come down. */
  constructor(arrive: (failure: Failure) => void) {
    this.#arrive = arrive;
  }

  put(): undefined {
    return undefined;
  }

  mark(mark: Mark): PromiseLike<unknown> | undefined {
    const pending = mark.arrive();
    return isThenable(pending) ? pending : undefined;
  }

  room(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {
    // The call that consumes the flow ends, and says it by that.
  }

  fail(failure: Failure): void {
    this.#arrive(failure);
  }
}
