import { memoryToReadInto } from '@tercet/streams/lowlevel';
import { isCancelled } from '@tercet/core';
import type { Cursor } from './cursor.ts';
import type { ReadAhead } from './read-ahead.ts';

/** How many bytes are read at a time: few at first, for small files, then many, because each read costs a trip to the pool. */
const FIRST_CHUNK = 64 * 1024;
const CHUNK = 256 * 1024;

/**
 * Reads a file in chunks. Once the file has turned out to be large, the next chunk is read while the consumer works on the
 * current one. So reading takes no extra time as long as there is a free core (benchmark `fs`, lines).
 *
 * Reading ahead uses an explicit position and does not move the file: the position advances when the chunk is taken. So a
 * seek or a write in between only has to drop the chunk. It needs a free token of the limiter, and does not wait for one.
 * Pipes, and other files that cannot be read twice, are never read ahead.
 */
export class ChunkReader {
  readonly #cursor: Cursor;
  /** The memory of the chunk that `next` has returned last. */
  #chunk: Buffer | undefined = undefined;
  /** The memory that `#ahead` reads into, if that is set; otherwise free to use. */
  #spare: Buffer | undefined = undefined;
  /** The read of the next chunk, pending or done, if there is one. */
  #ahead: ReadAhead | undefined = undefined;
  /** The last read ahead that was dropped. It may be still pending. */
  #forgotten: ReadAhead | undefined = undefined;
  /** Whether the file can be read ahead; `undefined` until that has been found out. */
  #mayReadAhead: boolean | undefined = undefined;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  /** Returns the next bytes, which are valid until the next call; none at the end of the file. A checkpoint. */
  async next(): Promise<Buffer> {
    const ahead = this.#ahead;
    let count: number;
    if (ahead === undefined) {
      const chunk = this.#makeRoom();
      // Before the read, since nothing may be awaited once the position has moved: a cancellation would lose the chunk.
      if (chunk.length === CHUNK) this.#mayReadAhead ??= await this.#cursor.mayReadAhead();
      count = await this.#cursor.read(chunk, 0, chunk.length);
    } else {
      count = await this.#take(ahead);
      this.#spare = this.#chunk;
      this.#chunk = ahead.target;
      this.#cursor.advance(count);
    }
    if (count === CHUNK) this.#readAhead();
    return (this.#chunk as Buffer).subarray(0, count);
  }

  async #take(ahead: ReadAhead): Promise<number> {
    try {
      const count = await ahead.result();
      this.#ahead = undefined;
      return count;
    } catch (error) {
      // After a cancellation the read stays for the next call. After an error, the next call reads again.
      if (!isCancelled(error)) this.#ahead = undefined;
      throw error;
    }
  }

  #makeRoom(): Buffer {
    if (this.#chunk === undefined) this.#chunk = memoryToReadInto(FIRST_CHUNK);
    else if (this.#chunk.length < CHUNK) this.#chunk = memoryToReadInto(CHUNK);
    return this.#chunk;
  }

  #readAhead(): void {
    if (this.#forgotten !== undefined && !this.#forgotten.ended) return;
    this.#forgotten = undefined;
    if (this.#mayReadAhead !== true) return;
    this.#ahead = this.#cursor.readAhead((this.#spare ??= memoryToReadInto(CHUNK)));
  }

  /** Drops the chunk that was read ahead: the position has changed. */
  forget(): void {
    if (this.#ahead === undefined) return;
    this.#forgotten = this.#ahead;
    this.#ahead = undefined;
    // The system may still be writing into it.
    this.#spare = undefined;
  }

  /** Waits until no read is pending, even in a cancelled scope. */
  async settle(): Promise<void> {
    this.forget();
    await this.#forgotten?.settle();
  }
}
