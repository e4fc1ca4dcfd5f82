import type { PipeSink } from './pipe-reader.ts';

/** Passes on what comes out of a pipe to this program's own output, no faster than that takes it. */
export class OwnOutput implements PipeSink {
  readonly #target: NodeJS.WriteStream;
  readonly #onRoom: () => void;

  /** @param onRoom called when it can take more again. */
  constructor(target: NodeJS.WriteStream, onRoom: () => void) {
    this.#target = target;
    this.#onRoom = onRoom;
  }

  push(lent: Uint8Array): boolean {
    if (this.#target.destroyed || this.#target.write(Buffer.from(lent))) return true;
    this.#target.once('drain', this.#onRoom);
    return false;
  }

  end(): void {
    this.#target.off('drain', this.#onRoom);
  }

  fail(): void {
    this.#target.off('drain', this.#onRoom);
  }
}
