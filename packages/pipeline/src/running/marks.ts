import { NOTHING } from './input.ts';
import type { Input } from './input.ts';

// How a position is acknowledged: behind each item of a checkpointed source comes a mark. It goes the way of the items, in
// their order, and never overtakes one: links and ordered results keep their order anyway, and a section that keeps items
// holds marks back as long. A mark that arrives at the end says that all items before it have left.

/** Follows an item through the pipeline, with its position. */
export class Mark {
  readonly position: unknown;
  readonly #acknowledge: (position: unknown) => unknown;

  constructor(position: unknown, acknowledge: (position: unknown) => unknown) {
    this.position = position;
    this.#acknowledge = acknowledge;
  }

  arrive(): unknown {
    return this.#acknowledge(this.position);
  }
}

/** A source with a mark behind each item. */
export class MarkingInput implements Input {
  readonly #input: Input;
  readonly #makeMark: (item: unknown) => Mark;
  #next: Mark | undefined = undefined;

  constructor(input: Input, makeMark: (item: unknown) => Mark) {
    this.#input = input;
    this.#makeMark = makeMark;
  }

  take(): unknown {
    const mark = this.#next;
    this.#next = undefined;
    if (mark !== undefined) return mark;
    const item = this.#input.take();
    if (item !== NOTHING) this.#next = this.#makeMark(item);
    return item;
  }

  more(): Promise<boolean> | boolean {
    return this.#next !== undefined || this.#input.more();
  }

  close(reason: string): void | Promise<void> {
    return this.#input.close(reason);
  }

  get hasThrown(): boolean {
    return this.#input.hasThrown === true;
  }
}

/**
 * An input as a section's own code reads it, without the marks. They are passed on when the items before them are done: those
 * that have been taken, less those that `kept` says are still kept.
 */
export class MarkedInput implements Input {
  readonly #input: Input;
  readonly #passOn: (mark: Mark) => void;
  readonly #marks: { readonly mark: Mark; readonly after: number }[] = [];
  #taken = 0;
  /** How many of the items that have been taken are still kept; all of them, for ever, with Infinity. */
  kept: () => number = () => 0;

  constructor(input: Input, passOn: (mark: Mark) => void) {
    this.#input = input;
    this.#passOn = passOn;
  }

  take(): unknown {
    for (;;) {
      this.release();
      const item = this.#input.take();
      if (!(item instanceof Mark)) {
        if (item !== NOTHING) this.#taken++;
        return item;
      }
      this.#marks.push({ mark: item, after: this.#taken });
    }
  }

  /** Passes on the marks of what is done. */
  release(): void {
    const done = this.#taken - this.kept();
    while (this.#marks.length > 0 && this.#marks[0]!.after <= done) this.#passOn(this.#marks.shift()!.mark);
  }

  more(): Promise<boolean> | boolean {
    return this.#input.more();
  }

  close(reason: string): void | Promise<void> {
    return this.#input.close(reason);
  }

  want(count: number): void {
    this.#input.want?.(count);
  }

  get hasThrown(): boolean {
    return this.#input.hasThrown === true;
  }

  get link(): Input['link'] {
    return this.#input.link;
  }
}
