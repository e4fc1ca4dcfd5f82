import { ready } from '@tercet/core/lowlevel';
import type { ByteQueue } from '../queues/byte-queue.ts';
import { LineCutter } from './line-cutter.ts';

/** Where a {@link LineIterator} gets its bytes from. */
export interface LineSource {
  readonly queue: ByteQueue;
  /** Calls `fn` as the one who is receiving. */
  receive<T>(fn: () => Promise<T>): Promise<T>;
  /** Gets more into the queue; false at the end. */
  fill(): Promise<boolean>;
}

/** Not a generator: leaving a loop would end it, and the rest of the lines could not be had any more. */
export class LineIterator implements AsyncIterator<string, undefined> {
  readonly #source: LineSource;
  readonly #cutter: LineCutter;

  constructor(source: LineSource, maxBytes: number) {
    this.#source = source;
    this.#cutter = new LineCutter(source.queue, { maxBytes }, 'lines()');
  }

  next(): Promise<IteratorResult<string, undefined>> {
    return this.#source.receive(() => this.#next());
  }

  async #next(): Promise<IteratorResult<string, undefined>> {
    for (;;) {
      const line = this.#cutter.next();
      if (line !== undefined) return await ready({ done: false, value: line }, 'lines()');
      if (await this.#source.fill()) continue;
      const last = this.#cutter.last();
      return last === undefined ? { done: true, value: undefined } : { done: false, value: last };
    }
  }
}
