import type { ReceiveChannel } from '@tercet/sync';
import type { SectionDescription } from './section.ts';

declare const items: unique symbol;

/** The key under which a flow, or a combiner, keeps what it is as a source. */
export const sourceOf: unique symbol = Symbol.for('@tercet/pipeline/source') as never;

/** The possible sources of a pipeline. A function is called each time the flow is consumed. */
export type Source<T> = Iterable<T> | AsyncIterable<T> | ReceiveChannel<T> | FlowSource<T> | (() => Source<T>);

/** A flow, or a combiner without a main input. */
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
