import { WaitQueue } from '@tercet/core/lowlevel';
import { SKIPPED } from './map-call.ts';
import { Mark } from './marks.ts';
import { Ring } from './ring.ts';
import type { StageContext } from './stage-context.ts';

const NO_RESULT: unique symbol = Symbol('not done');

/** A result that is an error, at its place among the others. */
export class FailedItem {
  readonly error: unknown;
  /** Whether the function of the section has thrown it, and not one of the sections above. */
  readonly isOwn: boolean;

  constructor(error: unknown, isOwn: boolean) {
    this.error = error;
    this.isOwn = isOwn;
  }
}

/**
 * The results of a concurrent `map` until they are given out, in the order of their items or as they come. Also called a reorder
 * buffer.
 *
 * A ring holds the results from the place `#head` on. The worker that fills that place gives out all results that follow
 * without a gap. An error keeps its place, too. Without order, a result gets the next free place when it is there.
 */
export class MapResults {
  readonly #context: StageContext;
  readonly #ordered: boolean;
  /** Called when the sections below want no more items. */
  readonly #onOver: () => void;
  readonly #results = new Ring<unknown>();
  /** Tasks that wait until an earlier result has been given out. */
  readonly #room = new WaitQueue<void>('the result of an earlier item');
  /** Marks, and how many items were taken before each of them. */
  readonly #marks: { readonly mark: Mark; readonly after: number }[] = [];
  /** Without order: the items whose results have not been given out. */
  readonly #unfinished = new Set<number>();
  /** Without order: the items of the results in the ring, in its order. */
  readonly #indices = new Ring<number>();
  /** The place of the first result in the ring: how many have been given out. */
  #head = 0;
  /** Without order: how many places have been filled. */
  #placed = 0;
  /** Whether a worker is giving out results. It stays true when that has failed, or when no more are wanted. */
  #isGivingOut = false;

  constructor(context: StageContext, ordered: boolean, onOver: () => void) {
    this.#context = context;
    this.#ordered = ordered;
    this.#onOver = onOver;
  }

  /** How many results have been given out. */
  get given(): number {
    return this.#head;
  }

  /** Waits until one more result has been given out. A checkpoint. */
  roomChanged(): Promise<void> {
    return this.#room.wait(undefined);
  }

  /** An item has been taken, whose result will come. */
  expect(index: number): void {
    if (!this.#ordered) this.#unfinished.add(index);
  }

  /** A mark has come when so many items had been taken. */
  mark(mark: Mark, after: number): void {
    this.#marks.push({ mark, after });
  }

  /** Passes on the marks behind items whose results have all been given out. */
  async passMarks(): Promise<void> {
    while (this.#marks.length > 0 && this.#marks[0]!.after <= this.#finished) {
      await this.#context.mark(this.#marks.shift()!.mark);
    }
  }

  /** The errors of the section itself that have not been given out. */
  *failures(): IterableIterator<unknown> {
    for (const result of this.#results) if (result instanceof FailedItem && result.isOwn) yield result.error;
  }

  /** Puts a result at its place, and gives out what can be. @returns a promise when that has to wait. */
  place(index: number, result: unknown): Promise<void> | undefined {
    const offset = (this.#ordered ? index : this.#placed++) - this.#head;
    const results = this.#results;
    if (!this.#ordered) this.#indices.push(index);
    if (offset < results.length) results.set(offset, result);
    else {
      while (results.length < offset) results.push(NO_RESULT);
      results.push(result);
    }
    if (this.#isGivingOut || results.at(0) === NO_RESULT) return undefined;
    this.#isGivingOut = true;
    return this.#giveOut();
  }

  /** Up to which item all results have been given out. */
  get #finished(): number {
    if (this.#ordered) return this.#head;
    for (const index of this.#unfinished) return index;
    return Infinity;
  }

  #giveOut(): Promise<void> | undefined {
    const results = this.#results;
    const { chain, pacer } = this.#context;
    while (results.length > 0 && results.at(0) !== NO_RESULT && !chain.isOver) {
      const first = results.at(0);
      if (first instanceof FailedItem) {
        results.shift();
        throw first.isOwn ? this.#context.blame(first.error) : first.error;
      }
      const pending = first === SKIPPED ? undefined : this.#context.emit(first);
      if (pending !== undefined) return this.#goOnAfter(pending);
      this.#hasGiven();
      if (this.#marks.length > 0 || pacer.isDue()) return this.#goOn();
    }
    if (chain.isOver) this.#onOver();
    else this.#isGivingOut = false;
    return undefined;
  }

  async #goOnAfter(pending: PromiseLike<unknown>): Promise<void> {
    await pending;
    this.#hasGiven();
    await this.#goOn();
  }

  async #goOn(): Promise<void> {
    if (this.#marks.length > 0) await this.passMarks();
    const { pacer } = this.#context;
    if (pacer.isDue()) await pacer.turn();
    await this.#giveOut();
  }

  #hasGiven(): void {
    this.#results.shift();
    this.#head++;
    if (!this.#ordered) this.#unfinished.delete(this.#indices.shift());
    this.#room.wakeFirst();
  }
}
