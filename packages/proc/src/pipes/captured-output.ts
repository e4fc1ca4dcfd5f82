import type { PipeSink } from './pipe-reader.ts';

/** Collects all that comes out of a pipe, up to a limit in bytes. */
export class CapturedOutput implements PipeSink {
  readonly #chunks: Uint8Array[] = [];
  readonly #limit: number;
  readonly #onOverflow: () => void;
  #size = 0;

  /** @param onOverflow called once, when more comes than the limit allows; what is more is dropped. */
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

  /** All that has come until now. */
  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}
