import { isCancelled } from '@tercet/core';
import type { Cursor } from './cursor.ts';
import { memoryToReadInto } from '@tercet/streams';
import type { ReadAhead } from './read-ahead.ts';

/** This much is read at a time: first for small files, then for large ones, where each read costs a way into the pool. */
const FIRST_CHUNK = 64 * 1024;
const CHUNK = 256 * 1024;

/**
 * A file chunk by chunk. Once it has turned out to be a large one, the next chunk is read while the one before it is
 * looked at: so reading costs no time of its own as long as there is a core to spare (benchmark `fs`, lines).
 *
 * What is read ahead is read at a position, and the file stays where it is until it is asked for. So whoever seeks or
 * writes in between forgets it, and nothing has happened. It takes a free token of the limiter or is left alone; files
 * that may change on being read, such as pipes, are never read ahead.
 */
export class ChunkReader {
  readonly #cursor: Cursor;
  #chunk: Buffer | undefined = undefined;
  #spare: Buffer | undefined = undefined;
  /** On its way to the spare one, or there already. */
  #ahead: ReadAhead | undefined = undefined;
  /** In flight, but no longer wanted. */
  #forgotten: ReadAhead | undefined = undefined;
  #mayReadAhead: boolean | undefined = undefined;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  /** The next bytes, which stay as they are until the next call; none at the end of the file. A checkpoint. */
  async next(): Promise<Buffer> {
    const ahead = this.#ahead;
    let count: number;
    if (ahead === undefined) {
      const chunk = this.#makeRoom();
      count = await this.#cursor.read(chunk, 0, chunk.length);
    } else {
      count = await this.#take(ahead);
      this.#spare = this.#chunk;
      this.#chunk = ahead.target;
      this.#cursor.advance(count);
    }
    if (count === CHUNK) await this.#readAhead();
    return (this.#chunk as Buffer).subarray(0, count);
  }

  async #take(ahead: ReadAhead): Promise<number> {
    try {
      const count = await ahead.result();
      this.#ahead = undefined;
      return count;
    } catch (error) {
      // A reader that was cancelled may come back for it; after an error it is tried again.
      if (!isCancelled(error)) this.#ahead = undefined;
      throw error;
    }
  }

  #makeRoom(): Buffer {
    if (this.#chunk === undefined) this.#chunk = memoryToReadInto(FIRST_CHUNK);
    else if (this.#chunk.length < CHUNK) this.#chunk = memoryToReadInto(CHUNK);
    return this.#chunk;
  }

  async #readAhead(): Promise<void> {
    if (this.#forgotten !== undefined && !this.#forgotten.ended) return;
    this.#forgotten = undefined;
    this.#mayReadAhead ??= await this.#cursor.mayReadAhead();
    if (!this.#mayReadAhead) return;
    this.#ahead = this.#cursor.readAhead((this.#spare ??= memoryToReadInto(CHUNK)));
  }

  /** The next bytes will be other ones. */
  forget(): void {
    if (this.#ahead === undefined) return;
    this.#forgotten = this.#ahead;
    this.#ahead = undefined;
    // The system may still write into it.
    this.#spare = undefined;
  }

  /** Returns when nothing is in flight any more, also in a cancelled scope. */
  async settle(): Promise<void> {
    this.forget();
    await this.#forgotten?.settle();
  }
}
