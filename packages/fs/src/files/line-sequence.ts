import { currentCaller, rejected } from '@tercet/core/lowlevel';
import type { Caller } from '@tercet/core/lowlevel';
import type { Turns } from '@tercet/sync';
import type { TextReader } from './text-reader.ts';

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * The lines of a file, one by one. Lines that have been read already, as most have, are returned without taking a turn at
 * the file. Each is a checkpoint all the same.
 */
export class LineSequence implements AsyncIterableIterator<string> {
  readonly #turns: Turns;
  readonly #reader: TextReader;
  readonly #keepEnds: boolean;
  readonly #readLine: () => Promise<string | null>;
  #ended = false;

  constructor(turns: Turns, reader: TextReader, keepEnds: boolean, readLine: () => Promise<string | null>) {
    this.#turns = turns;
    this.#reader = reader;
    this.#keepEnds = keepEnds;
    this.#readLine = readLine;
  }

  next(): Promise<IteratorResult<string, undefined>> {
    if (this.#ended || !this.#turns.free) return this.#wait();
    const caller = currentCaller();
    const cancelled = caller.refuse('the next line');
    if (cancelled !== undefined) return cancelled;
    const reader = this.#reader;
    const { text, at } = reader;
    const end = reader.ends.byLF && !this.#keepEnds ? text.indexOf('\n', at) : -1;
    if (end === -1) return this.#find(caller);
    // The same as `reader.line`, inlined: the calls would be a tenth of the cost of a line (benchmark `fs`, lines).
    reader.at = end + 1;
    return caller.ready({ done: false, value: text.slice(at, end) });
  }

  #find(caller: Caller): Promise<IteratorResult<string, undefined>> {
    try {
      const value = this.#reader.line(this.#keepEnds);
      return value === undefined ? this.#wait() : caller.ready({ done: false, value });
    } catch (error) {
      return rejected(error);
    }
  }

  async #wait(): Promise<IteratorResult<string, undefined>> {
    const value = this.#ended ? null : await this.#readLine();
    if (value !== null) return { done: false, value };
    this.#ended = true;
    return END;
  }

  return(): Promise<IteratorResult<string, undefined>> {
    this.#ended = true;
    return Promise.resolve(END);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
