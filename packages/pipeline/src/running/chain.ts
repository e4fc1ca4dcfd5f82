import type { Place, SyncDescription } from '../describing/section.ts';
import { fuseMaps, MOST_FUSED } from './fused-maps.ts';
import type { FusedMap } from './fused-maps.ts';
import type { Step } from './input.ts';
import type { Meter } from './meters.ts';
import { withPolicy } from './policies.ts';

const NONE: FusedMap[] = [];

/** A section of a plan, with its name. */
export interface Placed<D> {
  readonly description: D;
  readonly label: string;
  readonly meter: Meter | undefined;
}

/** The clock and the pace of the run, for the sections of a chain. */
export interface Timekeeper {
  now(): number;
  pace(): Promise<void> | undefined;
}

/**
 * Sections that are called one by the other, in one task: a run of synchronous neighbours, fused.
 *
 * Each section calls the next one for each of its items, and returns what that returns: nothing, or a promise when the
 * last one has no room, or when a function was async. No section goes on before it has settled, so only one item is on its
 * way at any time. Order and back-pressure are those of sections in separate tasks, and only the time differs.
 */
export class Chain {
  /** Takes an item at the top. */
  readonly step: Step;
  /** The name of the section whose function has thrown. */
  culprit: string | undefined = undefined;
  /** The place of the lowest section that wants no more items; -1 for none. All sections above it have ended. */
  ended = -1;
  #holders: (() => boolean)[] | undefined = undefined;
  readonly #time: Timekeeper;
  /** The lowest first, with their places. */
  #starts: { readonly place: number; readonly start: () => PromiseLike<unknown> | undefined }[] | undefined = undefined;
  /** By place. */
  #flushes: ((() => PromiseLike<unknown> | undefined) | undefined)[] | undefined = undefined;

  constructor(sections: readonly Placed<SyncDescription>[], last: Step, time: Timekeeper) {
    this.#time = time;
    let next = last;
    /** The maps just below, nearest first, which are called together. */
    let maps: FusedMap[] = NONE;
    for (let index = sections.length - 1; index >= 0; index--) {
      const { description, label, meter } = sections[index]!;
      const place = new ChainPlace(this, index, label, time);
      if (description.isMap === true && description.onError === undefined && meter === undefined) {
        if (maps.length === MOST_FUSED) maps = NONE;
        const below = maps[0]?.step ?? next;
        const step = description.build(below, place) as Step;
        maps = [{ fn: description.calls!.fn, place, step, next: below }, ...maps];
        next = maps.length === 1 ? step : fuseMaps(maps);
        continue;
      }
      maps = NONE;
      const counted = meter === undefined ? next : meter.countingOut(next);
      const built = withPolicy(description, counted, place);
      const { step, start, flush, holds } = typeof built === 'function' ? { step: built } : built;
      next = meter === undefined ? step : meter.countingIn(step);
      // The lowest first: what a section inserts at the top of its input comes after what those below insert.
      if (start !== undefined) (this.#starts ??= []).push({ place: index, start });
      if (flush !== undefined) (this.#flushes ??= [])[index] = flush;
      if (holds !== undefined) (this.#holders ??= []).push(holds);
    }
    this.step = next;
  }

  get isOver(): boolean {
    return this.ended >= 0;
  }

  /** Whether a section keeps items that it has not given yet. */
  get holds(): boolean {
    return this.#holders?.some((holds) => holds()) === true;
  }

  async start(): Promise<void> {
    for (const { place, start } of this.#starts ?? []) {
      if (place <= this.ended) continue;
      const pending = start();
      if (pending !== undefined) await pending;
      await this.#time.pace();
    }
  }

  get hasStart(): boolean {
    return this.#starts !== undefined;
  }

  /** No more items come: lets each section give what it has kept. */
  async finish(): Promise<void> {
    for (const [index, flush] of this.#flushes?.entries() ?? []) {
      if (index <= this.ended || flush === undefined) continue;
      const pending = flush();
      if (pending !== undefined) await pending;
      await this.#time.pace();
    }
  }
}

class ChainPlace implements Place {
  readonly #chain: Chain;
  readonly #index: number;
  readonly #time: Timekeeper;
  readonly label: string;

  constructor(chain: Chain, index: number, label: string, time: Timekeeper) {
    this.#chain = chain;
    this.#index = index;
    this.label = label;
    this.#time = time;
  }

  blame(error: unknown): unknown {
    this.#chain.culprit = this.label;
    return error;
  }

  /** Whether this section, and no other, is to blame for an error; forgets it. */
  takeBlame(): boolean {
    if (this.#chain.culprit !== this.label) return false;
    this.#chain.culprit = undefined;
    return true;
  }

  end(): void {
    this.#chain.ended = Math.max(this.#chain.ended, this.#index);
  }

  get isOver(): boolean {
    return this.#chain.ended >= this.#index;
  }

  now(): number {
    return this.#time.now();
  }

  pace(): Promise<void> | undefined {
    return this.#time.pace();
  }
}
