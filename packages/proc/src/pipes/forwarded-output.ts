import { WaitQueue } from '@tercet/core/lowlevel';
import { StandardOutput } from '../standard-streams/standard-output.ts';
import type { PipeSink } from './pipe-reader.ts';

/** What is told of an output that is shown. For events: neither throws, nor runs code of the user. */
export interface ForwardedOutputEvents {
  /** It can take more again. */
  onRoom(): void;
  /** Nobody reads this program's output any more, or it has failed. Called once. */
  onBroken(error: unknown): void;
}

/** Passes on what comes out of a pipe to this program's own output, no faster than that takes it. */
export class ForwardedOutput implements PipeSink {
  readonly #output: StandardOutput;
  readonly #events: ForwardedOutputEvents;
  readonly #flushing: WaitQueue<void>;
  #unwritten = 0;
  #isFull = false;
  #isBroken = false;

  constructor(name: 'stdout' | 'stderr', events: ForwardedOutputEvents) {
    this.#output = StandardOutput.of(name);
    this.#events = events;
    this.#flushing = new WaitQueue(`the end of what is shown on ${name}`);
  }

  push(lent: Uint8Array): boolean {
    if (this.#isBroken) return true;
    this.#unwritten++;
    this.#isFull = this.#output.write(Buffer.from(lent), (error) => this.#written(error)) === 'full';
    return !this.#isFull;
  }

  end(): void {}

  fail(): void {}

  /** Waits until all that has come until now is written, or cannot be. A checkpoint if it has to wait. */
  async flush(): Promise<void> {
    if (this.#unwritten > 0 && !this.#isBroken) await this.#flushing.wait(undefined);
  }

  #written(error: unknown): void {
    this.#unwritten--;
    if (error !== undefined && !this.#isBroken) {
      this.#isBroken = true;
      this.#events.onBroken(error);
    }
    if (this.#unwritten > 0 && !this.#isBroken) return;
    while (this.#flushing.wakeFirst());
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#events.onRoom();
  }
}
