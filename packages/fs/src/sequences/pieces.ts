import { Sequence } from './sequence.ts';

/** What a file is read in, one by one. */
export class Pieces<T> extends Sequence<T> {
  readonly #next: () => Promise<T | undefined>;

  constructor(next: () => Promise<T | undefined>) {
    super();
    this.#next = next;
  }

  protected override produce(): Promise<T | undefined> {
    return this.#next();
  }

  // The file stays open: it belongs to whoever opened it.
  protected override release(): Promise<void> {
    return Promise.resolve();
  }
}
