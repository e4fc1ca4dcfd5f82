import { moveOnAt } from '@tercet/core';
import { spawnSystemTask, suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';

interface Entry {
  readonly at: number;
  readonly fn: () => void;
}

/** Calls functions at instants of a run's clock, which may be a virtual one. `callAt` works in any context. */
export class TimeKeeper {
  readonly #entries: Entry[] = [];
  #waker: Waker<true> | undefined = undefined;

  /** Starts its task in the run of the calling code. */
  constructor() {
    spawnSystemTask(() => this.#keep());
  }

  callAt(at: number, fn: () => void): void {
    const index = this.#entries.findIndex((entry) => entry.at > at);
    this.#entries.splice(index < 0 ? this.#entries.length : index, 0, { at, fn });
    const waker = this.#waker;
    this.#waker = undefined;
    waker?.wake(true);
  }

  async #keep(): Promise<never> {
    for (;;) {
      const [first] = this.#entries;
      if (first === undefined) await this.#change();
      else if ((await moveOnAt(first.at, () => this.#change())) === undefined) this.#callFirst(first);
    }
  }

  #callFirst(first: Entry): void {
    // `first` may have moved: an earlier entry may have been added since it expired.
    const index = this.#entries.indexOf(first);
    this.#entries.splice(index, 1);
    first.fn();
  }

  #change(): Promise<true> {
    return suspend<true>('the next instant of an engine in memory', (waker) => {
      this.#waker = waker;
      return () => {
        this.#waker = undefined;
        return 'succeeded';
      };
    });
  }
}
