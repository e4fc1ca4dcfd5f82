import type { Input, Step } from '../running/input.ts';

declare const items: unique symbol;

/** The key under which a section keeps its description, the same in every copy of the library. */
export const describedBy: unique symbol = Symbol.for('@tercet/pipeline/section') as never;

/**
 * One step of a pipeline: takes items of type `I` and gives items of type `O`. It is only a description, can be used in
 * any number of pipelines, and holds no state of any of them.
 *
 * @example
 * const slug: Section<string, string> = section(
 *   map((title: string) => title.toLowerCase()),
 *   map((title: string) => title.replaceAll(' ', '-')),
 * );
 * await pipeline(['Hello World'], slug).toArray(); // ['hello-world']
 */
export interface Section<in I, out O> {
  readonly [items]: (item: I) => O;
  readonly [describedBy]: SectionDescription;
}

/** The data of a section. */
export type SectionDescription =
  SyncDescription | MapDescription | TaskDescription | CombinerDescription | BufferDescription | Composition | Policy;

/** The name of the kind, and that of the user's function. */
export interface Named {
  readonly name: string;
  readonly detail?: string | undefined;
  /** Whether it is the second half of the section before it. */
  readonly isPart?: boolean;
}

/** One section in one run of a pipeline, as its own code sees it. */
export interface Place {
  readonly label: string;
  /** Notes that the error comes from this section and not from those that come after it. @returns the error. */
  blame(error: unknown): unknown;
  /** Nothing more is wanted: all sections above end, those below are flushed. */
  end(): void;
  /** Whether a section below has ended. */
  readonly isOver: boolean;
  /** The present instant of the run's clock. */
  now(): number;
  /** Counts a step; a promise when the event loop has to turn before the next one. */
  pace(): Promise<void> | undefined;
}

/** A section that is called for each item, in the same task as its neighbours: `map` with a plain function. */
export interface SyncDescription extends Named {
  readonly kind: 'sync';
  build(next: Step, place: Place): Step | Built;
  /** The function that it calls for each item, and how to make the section with another one: for `retry`. */
  readonly calls?: { readonly fn: ItemFunction; with(fn: ItemFunction): SyncDescription };
  /** Whether it only calls that function and gives what it returns: such neighbours become one function. */
  readonly isMap?: boolean;
  readonly onError?: OnError;
  /** Whether nothing more may be taken from above while one of its items has not been taken. */
  readonly isLazy?: boolean;
}

export interface Built {
  readonly step: Step;
  /** Called before the first item, also when there is none. */
  readonly start?: () => PromiseLike<unknown> | undefined;
  /** Whether it keeps items that it has not given yet. */
  readonly holds?: () => boolean;
  /** Called after the last item. */
  readonly flush?: () => PromiseLike<unknown> | undefined;
}

export type ItemFunction = (item: unknown) => unknown;

/** A function that is called for several items at a time. */
export interface MapDescription extends Named {
  readonly kind: 'map';
  readonly fn: ItemFunction;
  readonly concurrency: number;
  readonly ordered: boolean;
  /** How many items may be taken beyond those at work while the result of an earlier one is late. */
  readonly ahead: number;
  readonly key: ItemFunction | undefined;
  readonly retry: RetryPolicy | undefined;
  readonly onError: OnError | undefined;
}

/** A section whose body runs in its own task. */
export interface TaskDescription extends Named {
  readonly kind: 'task';
  readonly isLazy?: boolean;
  body(input: Input, emit: Step, place: TaskPlace): Promise<void>;
}

export interface TaskPlace extends Place {
  /** Says how many of the items that it has taken the section keeps; those before count as done. */
  keeps(kept: () => number): void;
  /** Notes an error of this section beside the one that ends it. */
  alsoFailed(error: unknown): void;
  /** Passes on the marks of what is done. `more` does that, too. */
  passMarks(): PromiseLike<unknown> | undefined;
  /** `input.more()`, with the time noted that it takes. */
  more(input: Input): Promise<boolean> | boolean;
  /** Opens another source below this section, and the stages that it needs. */
  open(source: unknown, options?: OpenOptions): Input;
  /** Closes an input; what cleaning up throws is reported in the end. */
  close(input: Input): Promise<void>;
  /** Runs sections on `input` in tasks; their output is taken from the input that is returned. */
  attach(input: Input, sections: readonly SectionDescription[], options?: OpenOptions): Input;
}

export interface OpenOptions {
  readonly capacity?: number;
  /** Whether the items must come through a link, for code that waits under deadlines or at several inputs. */
  readonly linked?: boolean;
}

/** A section with several inputs. As a source it has no main one. */
export interface CombinerDescription extends Named {
  readonly kind: 'combiner';
  /** @param main what comes from above; it has no items where the combiner is a source. */
  body(main: Input, emit: Step, place: TaskPlace): Promise<void>;
  /** Whether the main input must come through a link. */
  readonly linked: boolean;
}

/** A boundary with another number of items. */
export interface BufferDescription extends Named {
  readonly kind: 'buffer';
  readonly capacity: number;
  readonly whenFull: WhenFull;
}

/**
 * The policy for an item for which there is no room.
 *
 * @example
 * const whenFull: WhenFull = 'drop-oldest'; // a screen shows the latest price, not each
 * await pipeline([1, 2, 3], buffer(1, { whenFull })).forEach((price) => sleep(2));
 */
export type WhenFull = 'wait' | 'drop-oldest' | 'drop-newest' | 'fail';

/** Several sections as one. */
export interface Composition extends Named {
  readonly kind: 'composition';
  readonly sections: readonly SectionDescription[];
}

/** Belongs to the section before it. */
export interface Policy extends Named {
  readonly kind: 'policy';
  readonly retry?: RetryPolicy;
  readonly onError?: OnError;
}

export interface RetryPolicy {
  readonly attempts: number;
  /** The pause before that attempt, counted from 2, in milliseconds. */
  pause(attempt: number): number;
  when(error: unknown): boolean;
}

/** Handles the error of the function for one item: true when the item is only to be dropped. */
export type OnError = (error: unknown, item: unknown) => boolean | PromiseLike<boolean>;

/** A section of that description. */
export function sectionOf<I, O>(description: SectionDescription): Section<I, O> {
  return new DescribedSection(description) as unknown as Section<I, O>;
}

class DescribedSection {
  readonly [describedBy]: SectionDescription;

  constructor(description: SectionDescription) {
    this[describedBy] = description;
  }
}

/** The description of a section; `undefined` when the value is not one. */
export function descriptionOf(value: unknown): SectionDescription | undefined {
  return (value as Partial<Section<never, unknown>> | null | undefined)?.[describedBy];
}

export function labelOf({ name, detail }: Named, index?: number): string {
  const place = index === undefined ? '' : `#${index}`;
  return detail === undefined || detail === '' ? `${name}${place}` : `${name}${place} '${detail}'`;
}
