/** From how many places of taken chunks on the list moves up, if they are half of it: moving less would not pay. */
const WORTH_MOVING = 64;

/**
 * Bytes in chunks, first in, first out: nothing is copied until somebody asks for several chunks in one piece.
 *
 * A chunk that has been taken is not kept, also when the queue never becomes empty.
 *
 * @example
 * const queue = new ChunkQueue();
 * queue.push(chunk);
 * while (queue.size > 0) await stream.sendAll(queue.take(16_384));
 */
export class ChunkQueue {
  // An array and the index of its first chunk: most often there is one chunk, and shift() is slow for many.
  readonly #chunks: (Uint8Array | undefined)[] = [];
  #head = 0;
  #size = 0;

  /** How many bytes there are. */
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
   * @returns an empty array when there is none.
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

  /** Takes up to `most` bytes in one piece, out of as many chunks as it needs; copied if that is more than one. */
  takeJoined(most: number = Infinity): Uint8Array {
    const first = this.take(most);
    if (first.length === most || this.#size === 0) return first;
    const parts = [first];
    for (let left = most - first.length; left > 0 && this.#size > 0; left -= parts.at(-1)!.length) {
      parts.push(this.take(left));
    }
    return Buffer.concat(parts);
  }

  /** Throws away all that there is. */
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
