import { Sequence } from './sequence.ts';

/** The lines or chunks of a file, read by a function. */
export class Pieces<T> extends Sequence<T> {
  readonly #next: () => Promise<T | undefined>;

  constructor(next: () => Promise<T | undefined>) {
    super();
    this.#next = next;
  }

  protected override produce(): Promise<T | undefined> {
    return this.#next();
  }

  // The file stays open: the code that has opened it closes it.
  protected override release(): Promise<void> {
    return Promise.resolve();
  }
}
