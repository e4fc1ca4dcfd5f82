import { ready } from '@tercet/core/lowlevel';
import type { ByteQueue } from './byte-queue.ts';
import { ReceiveLimitError } from './receive-errors.ts';

/** Where a {@link LineIterator} gets its bytes from. */
export interface LineSource {
  readonly queue: ByteQueue;
  /** Calls `fn` as the one who is receiving. */
  receive<T>(fn: () => Promise<T>): Promise<T>;
  /** Gets more into the queue; false at the end. */
  fill(): Promise<boolean>;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Not a generator: leaving a loop would end it, and the rest of the lines could not be had any more. */
export class LineIterator implements AsyncIterator<string, undefined> {
  readonly #source: LineSource;
  readonly #maxBytes: number;

  constructor(source: LineSource, maxBytes: number) {
    this.#source = source;
    this.#maxBytes = maxBytes;
  }

  next(): Promise<IteratorResult<string, undefined>> {
    return this.#source.receive(() => this.#next());
  }

  async #next(): Promise<IteratorResult<string, undefined>> {
    const { queue } = this.#source;
    for (let searched = 0; ;) {
      const at = queue.indexOf(NEWLINE, searched);
      if (at >= 0) return await ready({ done: false, value: this.#take(at, 1) }, 'lines()');
      searched = queue.length;
      // One more is for the \r of the line's end.
      if (queue.length > this.#maxBytes + 1) throw this.#tooLong();
      if (await this.#source.fill()) continue;
      if (queue.length === 0) return { done: true, value: undefined };
      return { done: false, value: this.#take(queue.length, 0) };
    }
  }

  #take(end: number, newline: 0 | 1): string {
    const { queue } = this.#source;
    const length = newline === 1 && queue.at(end - 1) === RETURN ? end - 1 : end;
    if (length > this.#maxBytes) throw this.#tooLong();
    const line = queue.text(length);
    queue.skip(end + newline);
    return line;
  }

  #tooLong(): ReceiveLimitError {
    return new ReceiveLimitError(`lines(): a line is longer than ${this.#maxBytes} bytes`);
  }
}
