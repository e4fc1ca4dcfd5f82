/** Bytes in pieces, first in, first out. */
export class ChunkQueue {
  #chunks: Uint8Array[] = [];
  #head = 0;
  #size = 0;

  /** How many bytes there are. */
  get size(): number {
    return this.#size;
  }

  /** Takes over `chunk`, without copying it. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  /** At most `most` bytes of the first piece; there has to be one. */
  take(most: number): Uint8Array {
    const first = this.#chunks[this.#head]!;
    let taken = first;
    if (first.length > most) {
      taken = first.subarray(0, most);
      this.#chunks[this.#head] = first.subarray(most);
    } else {
      this.#head++;
    }
    this.#size -= taken.length;
    if (this.#size === 0) this.clear();
    return taken;
  }

  /** All of it in one piece; there has to be some. */
  takeAll(): Uint8Array {
    const rest = this.#head === 0 ? this.#chunks : this.#chunks.slice(this.#head);
    const all = rest.length === 1 ? rest[0]! : Buffer.concat(rest);
    this.clear();
    return all;
  }

  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#size = 0;
  }
}
