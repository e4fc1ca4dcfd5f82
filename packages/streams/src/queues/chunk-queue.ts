/** At least this number of empty places, and half of the list, before the list is moved up: moving for fewer does not pay. */
const WORTH_MOVING = 64;

/**
 * A queue of bytes in chunks, first in, first out. Nothing is copied, except when several chunks are taken in one piece.
 *
 * A chunk that has been taken is freed, even when the queue never becomes empty.
 *
 * @example
 * const queue = new ChunkQueue();
 * queue.push(chunk);
 * while (queue.size > 0) await stream.sendAll(queue.take(16_384));
 */
export class ChunkQueue {
  /** The chunks, behind places that are empty. An index is kept because shift() is slow for many chunks. */
  readonly #chunks: (Uint8Array | undefined)[] = [];
  /** Index of the first chunk; 0 when the queue is empty. */
  #head = 0;
  /** Sum of the lengths of the chunks. */
  #size = 0;

  /** Number of bytes in the queue. */
  get size(): number {
    return this.#size;
  }

  /** Appends `chunk`, which belongs to the queue from now on. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  /**
   * Takes up to `most` bytes of the first chunk, without copying them.
   *
   * @returns an empty array when the queue is empty.
   */
  take(most: number): Uint8Array {
    const first = this.#chunks[this.#head];
    if (first === undefined) return new Uint8Array(0);
    if (first.length > most) {
      this.#chunks[this.#head] = first.subarray(most);
      this.#size -= most;
      return first.subarray(0, most);
    }
    this.#chunks[this.#head++] = undefined;
    this.#size -= first.length;
    this.#moveUp();
    return first;
  }

  /** Takes up to `most` bytes in one piece. They are copied when they come from more than one chunk. */
  takeJoined(most: number = Infinity): Uint8Array {
    const first = this.take(most);
    if (first.length === most || this.#size === 0) return first;
    const parts = [first];
    for (let left = most - first.length; left > 0 && this.#size > 0; left -= parts.at(-1)!.length) {
      parts.push(this.take(left));
    }
    return Buffer.concat(parts);
  }

  /** Drops all bytes. */
  clear(): void {
    this.#chunks.length = 0;
    this.#head = 0;
    this.#size = 0;
  }

  #moveUp(): void {
    if (this.#size === 0) return this.clear();
    if (this.#head < WORTH_MOVING || 2 * this.#head < this.#chunks.length) return;
    this.#chunks.splice(0, this.#head);
    this.#head = 0;
  }
}
