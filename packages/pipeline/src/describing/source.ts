import type { ReceiveChannel } from '@tercet/sync';
import type { SectionDescription } from './section.ts';

declare const items: unique symbol;

/** The key under which a flow, or a combiner, keeps what it is as a source. */
export const sourceOf: unique symbol = Symbol.for('@tercet/pipeline/source') as never;

/**
 * The possible sources of a pipeline. A function is called each time the flow is consumed.
 *
 * @example
 * const longest = (source: Source<string>): Promise<string[]> =>
 *   pipeline(source, filter((line) => line.length > 3)).toArray();
 * await longest(['one', 'three']); // an array
 * await longest(async function* () {
 *   yield 'seven';
 * }); // a function, which is called each time
 */
export type Source<T> = Iterable<T> | AsyncIterable<T> | ReceiveChannel<T> | FlowSource<T> | (() => Source<T>);

/**
 * A flow, or a combiner without a main input.
 *
 * @example
 * async function count(source: FlowSource<string>): Promise<number> {
 *   return (await pipeline(source).toArray()).length;
 * }
 * await count(pipeline(['a', 'b'])); // 2
 * await count(chain(['a'], ['b', 'c'])); // 3
 */
export interface FlowSource<out T> {
  readonly [items]: () => T;
  readonly [sourceOf]: SourceDescription;
}

/** A source and the sections after it. */
export interface SourceDescription {
  readonly source: unknown;
  readonly sections: readonly SectionDescription[];
  /** Set when a source that can be read only once has been. */
  consumed: boolean;
}

export function sourceDescriptionOf(value: unknown): SourceDescription | undefined {
  return (value as Partial<FlowSource<unknown>> | null | undefined)?.[sourceOf];
}
