import { ready } from '@tercet/core/lowlevel';
import type { ByteQueue } from '../queues/byte-queue.ts';
import { LineCutter } from './line-cutter.ts';

/** The source of the bytes of a {@link LineIterator}. */
export interface LineSource {
  readonly queue: ByteQueue;
  /** Calls `fn`, and lets no other task receive meanwhile. */
  receive<T>(fn: () => Promise<T>): Promise<T>;
  /** Receives more bytes into the queue. @returns false at the end. */
  fill(): Promise<boolean>;
}

/** Iterates over lines. It is not a generator, because leaving a loop would end that, and the other lines would be lost. */
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
