import { sleep } from '@tercet/core';

/** A source that counts what is asked of it. */
export class CountingSource<T = number> implements Iterable<T> {
  readonly #make: (index: number) => T;
  readonly #count: number;
  pulled = 0;
  returned = 0;

  constructor(count: number = Infinity, make: (index: number) => T = (index) => index as T) {
    this.#count = count;
    this.#make = make;
  }

  [Symbol.iterator](): Iterator<T> {
    return {
      next: () => {
        if (this.pulled >= this.#count) return { value: undefined, done: true };
        return { value: this.#make(this.pulled++), done: false };
      },
      return: () => {
        this.returned++;
        return { value: undefined, done: true };
      },
    };
  }
}

/** Items that come some time after each other; writes down when it has been closed. */
export async function* timed<T>(
  items: Iterable<readonly [after: number, item: T]>,
  log: string[] = [],
): AsyncGenerator<T> {
  try {
    for (const [after, item] of items) {
      await sleep(after);
      yield item;
    }
  } finally {
    log.push('closed');
  }
}

/** One item each `interval`, from 0 on. */
export async function* ticks(interval: number, count: number = Infinity, log: string[] = []): AsyncGenerator<number> {
  try {
    for (let index = 0; index < count; index++) {
      await sleep(interval);
      yield index;
    }
  } finally {
    log.push('closed');
  }
}
