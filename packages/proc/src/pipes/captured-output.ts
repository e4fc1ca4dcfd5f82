import type { PipeSink } from './pipe-reader.ts';

/** Collects the bytes of a pipe, up to a limit. */
export class CapturedOutput implements PipeSink {
  readonly #chunks: Uint8Array[] = [];
  readonly #limit: number;
  readonly #onOverflow: () => void;
  /** The number of bytes seen. Greater than the limit once there was an overflow; nothing is collected after that. */
  #size = 0;

  /**
   * @param limit in bytes.
   * @param onOverflow called once, when the first byte beyond the limit arrives. Bytes beyond the limit are dropped.
   */
  constructor(limit: number, onOverflow: () => void) {
    this.#limit = limit;
    this.#onOverflow = onOverflow;
  }

  push(lent: Uint8Array): boolean {
    const room = this.#limit - this.#size;
    if (room >= 0) {
      this.#size += lent.length;
      this.#chunks.push(Buffer.from(lent.length > room ? lent.subarray(0, room) : lent));
      if (lent.length > room) this.#onOverflow();
    }
    return true;
  }

  end(): void {}

  fail(): void {}

  /** Everything collected so far. */
  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}
