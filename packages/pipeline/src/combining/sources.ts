import type { Combiner } from '../describing/combiner.ts';
import { combinerOf } from '../describing/combiner.ts';
import type { CombinerDescription, TaskPlace } from '../describing/section.ts';
import type { FlowSource, Source } from '../describing/source.ts';
import type { Input, Step } from '../running/input.ts';
import { isSource } from '../running/open-source.ts';
import { describe } from '../sections/require.ts';

/**
 * The items of a source.
 *
 * @example
 * const users = pipeline([{ name: 'ann' }]);
 * type User = ItemOf<typeof users>; // { name: string }
 * type Line = ItemOf<() => AsyncIterable<string>>; // string
 */
export type ItemOf<S> = S extends () => infer R ? DirectItemOf<R> : DirectItemOf<S>;

type DirectItemOf<S> =
  S extends FlowSource<infer T> ? T : S extends AsyncIterable<infer T> ? T : S extends Iterable<infer T> ? T : never;

/**
 * The items of several sources, place by place.
 *
 * @example
 * type Row = ItemsOf<[string[], () => AsyncIterable<number>]>; // [string, number]
 * const row: Row = ['ann', 42];
 */
export type ItemsOf<S extends readonly unknown[]> = { -readonly [K in keyof S]: ItemOf<S[K]> };

/**
 * Several sources, for the combiners.
 *
 * @example
 * const roundRobin = (...sources: Sources): Flow<unknown> => pipeline(interleave(...sources));
 * await roundRobin(['a', 'b'], [1, 2]).toArray(); // ['a', 1, 'b', 2]
 */
export type Sources = readonly Source<unknown>[];

/**
 * Sources before and after the items from above.
 *
 * @example
 * const names: Placement<[number[]], [boolean[]]> = { first: [[1, 2]], last: [[true, false]] };
 * await pipeline(['ann', 'bob'], zip(names)).toArray(); // [[1, 'ann', true], [2, 'bob', false]]
 */
export interface Placement<F extends Sources, L extends Sources> {
  readonly first?: readonly [...F];
  readonly last?: readonly [...L];
}

/** The sources of a combiner, and how many of them come before its input. */
export interface Placed {
  readonly sources: readonly unknown[];
  readonly inputAt: number;
}

/** Takes the arguments of a combiner apart: sources, or where they are placed; then options. */
export function placedSources<O>(
  operation: string,
  args: readonly unknown[],
  defaults: O,
): { placed: Placed; options: O } {
  const [head] = args;
  if (isPlacement(head)) {
    const { first = [], last = [] } = head;
    const options = (args[1] ?? defaults) as O;
    return { placed: checked(operation, [...first, ...last], first.length), options };
  }
  const tail = args.at(-1);
  const hasOptions = args.length > 0 && !isSource(tail) && typeof tail === 'object' && tail !== null;
  const sources = hasOptions ? args.slice(0, -1) : args;
  return { placed: checked(operation, sources, 0), options: hasOptions ? (tail as O) : defaults };
}

function checked(operation: string, sources: readonly unknown[], inputAt: number): Placed {
  for (const [index, source] of sources.entries()) {
    if (isSource(source)) continue;
    throw new TypeError(
      `${operation}(): source ${index + 1} must be iterable, a channel or a flow, not ${describe(source)}`,
    );
  }
  return { sources, inputAt };
}

function isPlacement(
  value: unknown,
): value is { readonly first?: readonly unknown[]; readonly last?: readonly unknown[] } {
  return typeof value === 'object' && value !== null && !isSource(value) && ('first' in value || 'last' in value);
}

/** Opens its sources when its turn comes: one of them may be the input from above. */
export type OpenNext = () => Input;

/** The body of a combiner. */
export type Combine = (inputs: readonly OpenNext[], emit: Step, place: TaskPlace) => Promise<void>;

/** How its sources are opened. */
export interface Opening {
  readonly linked?: boolean;
  readonly capacity?: number;
}

/** A combiner of these sources, with the input from above at its place, or without it. */
export function combining<I, O, S>(
  name: string,
  { sources, inputAt }: Placed,
  opening: Opening,
  combine: Combine,
): Combiner<I, O, S> {
  const describeAs = (hasInput: boolean): CombinerDescription => ({
    kind: 'combiner',
    name,
    linked: opening.linked === true,
    async body(main, emit, place) {
      const opened: Input[] = [];
      const openers: OpenNext[] = sources.map((source) => () => {
        const input = place.open(source, opening);
        opened.push(input);
        return input;
      });
      if (hasInput) openers.splice(inputAt, 0, () => main);
      try {
        await combine(openers, emit, place);
      } finally {
        for (const input of opened) await place.close(input);
      }
    },
  });
  return combinerOf(describeAs(true), describeAs(false));
}
