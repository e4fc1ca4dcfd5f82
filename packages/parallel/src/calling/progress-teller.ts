import { named } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';

/** Calls `onProgress` in a task of the caller, with the latest report that has not been delivered. */
export class ProgressTeller {
  readonly #onProgress: (value: unknown) => void;
  #latest: { readonly value: unknown } | undefined = undefined;
  #waker: Waker<void> | undefined = undefined;

  constructor(onProgress: (value: unknown) => void) {
    this.#onProgress = onProgress;
  }

  /** Takes a report. May be called in any context. */
  take(value: unknown): void {
    this.#latest = { value };
    const waker = this.#waker;
    this.#waker = undefined;
    waker?.wake();
  }

  /** @param name of the job that reports. */
  start(nursery: Nursery, name: string): void {
    nursery.startSoon(named(`progress of ${name}`, () => this.#tellAll()));
  }

  async #tellAll(): Promise<never> {
    for (;;) {
      this.tellLatest();
      await suspend<void>('progress', (waker) => {
        this.#waker = waker;
        return () => {
          this.#waker = undefined;
          return 'succeeded';
        };
      });
    }
  }

  /** Calls `onProgress` with the latest report, unless that has been delivered. */
  tellLatest(): void {
    const latest = this.#latest;
    this.#latest = undefined;
    if (latest !== undefined) this.#onProgress(latest.value);
  }
}
