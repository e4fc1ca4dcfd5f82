import { WaitQueue } from '@tercet/core/lowlevel';
import { StandardOutput } from '../standard-streams/standard-output.ts';
import type { PipeSink } from './pipe-reader.ts';

/** Callbacks of a forwarded output. They run inside events: they neither throw nor run user code. */
export interface ForwardedOutputEvents {
  /** There is room for more again. */
  onRoom(): void;
  /** Writing to this program's output has failed, for instance because its reader has gone away. Called at most once. */
  onBroken(error: unknown): void;
}

/** Forwards the bytes of a pipe to an output of this program, with back-pressure. The `tee` of `runProcess`. */
export class ForwardedOutput implements PipeSink {
  readonly #output: StandardOutput;
  readonly #events: ForwardedOutputEvents;
  readonly #flushing: WaitQueue<void>;
  /** The number of writes whose callback has not come. */
  #unwritten = 0;
  /** True from a write that found no room until all writes are done. */
  #isFull = false;
  /** True once a write has failed: later bytes are dropped. */
  #isBroken = false;

  constructor(name: 'stdout' | 'stderr', events: ForwardedOutputEvents) {
    this.#output = StandardOutput.of(name);
    this.#events = events;
    this.#flushing = new WaitQueue(`output forwarded to ${name}`);
  }

  push(lent: Uint8Array): boolean {
    if (this.#isBroken) return true;
    this.#unwritten++;
    this.#isFull = this.#output.write(Buffer.from(lent), (error) => this.#written(error)) === 'full';
    return !this.#isFull;
  }

  end(): void {}

  fail(): void {}

  /** Waits until everything pushed so far is written, or cannot be. A checkpoint only if it has to wait. */
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
    this.#flushing.wakeAll();
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#events.onRoom();
  }
}
