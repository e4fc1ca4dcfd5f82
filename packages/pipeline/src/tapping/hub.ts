import type { Failure } from '../running/failure.ts';
import type { Mark } from '../running/marks.ts';
import type { Output } from '../running/output.ts';
import { Ring } from '../running/ring.ts';
import type { TapState } from './tap-channel.ts';

/** Where the items of a pipeline come out, and all its taps get them. */
export class Hub implements Output {
  readonly taps: Set<TapState> = new Set();
  readonly isFull = false;
  closed = false;
  hasEnded = false;
  failure: Failure | undefined = undefined;
  readonly #marks: Mark[] = [];
  readonly #history = new Ring<unknown>();
  readonly #historySize: number;
  readonly #onChange: () => void;

  /** @param onChange is called when it has ended, failed, or lost its last tap. */
  constructor(historySize: number, onChange: () => void) {
    this.#historySize = historySize;
    this.#onChange = onChange;
  }

  add(tap: TapState, replay: number): void {
    const { length } = this.#history;
    for (let index = Math.max(0, length - replay); index < length; index++) tap.link.offer(this.#history.at(index));
    tap.link.producer = { cancel: () => this.#remove(tap) };
    if (this.failure !== undefined) tap.link.fail(this.failure);
    else if (this.hasEnded) tap.link.end();
    else this.taps.add(tap);
  }

  put(item: unknown): Promise<void> | undefined {
    if (this.#historySize > 0) {
      this.#history.push(item);
      if (this.#history.length > this.#historySize) this.#history.shift();
    }
    for (const tap of this.taps) if (tap.isFull) return this.#offerLater(item);
    return this.#offer(item);
  }

  /** The slowest tap sets the pace: none gets an item before all have room for it. */
  async #offerLater(item: unknown): Promise<void> {
    await this.#untilRoom();
    const handedOver = this.#offer(item);
    if (handedOver !== undefined) await handedOver;
  }

  #offer(item: unknown): Promise<void> | undefined {
    let mustWait = false;
    for (const tap of this.taps) {
      tap.offer(item);
      if (tap.link.isGivenUp) this.#remove(tap);
      else if (tap.handsOver) mustWait = true;
    }
    return mustWait ? this.#untilHandedOver() : undefined;
  }

  async #untilHandedOver(): Promise<void> {
    for (const tap of [...this.taps]) if (tap.handsOver) await this.#untilRoomIn(tap);
  }

  async #untilRoom(): Promise<void> {
    for (const tap of [...this.taps]) await this.#untilRoomIn(tap);
  }

  async #untilRoomIn(tap: TapState): Promise<void> {
    await tap.room();
    if (tap.link.isGivenUp) this.#remove(tap);
  }

  /** Kept until the end: it is not known when the readers of all taps are done. */
  mark(mark: Mark): undefined {
    this.#marks.push(mark);
    return undefined;
  }

  room(): Promise<void> {
    return Promise.resolve();
  }

  async acknowledge(): Promise<void> {
    for (const mark of this.#marks.splice(0)) await mark.arrive();
  }

  end(): void {
    this.hasEnded = true;
    for (const { link } of this.taps) link.end();
    this.#onChange();
  }

  fail(failure: Failure): void {
    this.hasEnded = true;
    this.failure = failure;
    for (const { link } of this.taps) link.fail(failure);
    this.#onChange();
  }

  #remove(tap: TapState): void {
    if (!this.taps.delete(tap) || this.taps.size > 0 || this.hasEnded) return;
    this.closed = true;
    this.#onChange();
  }
}
