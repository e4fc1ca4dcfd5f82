import { describedBy } from './section.ts';
import type { Section, SectionDescription } from './section.ts';
import { sourceOf } from './source.ts';
import type { FlowSource, SourceDescription } from './source.ts';

/**
 * A section that takes the items from above as one more source, or a source if it stands first.
 *
 * @example
 * const withHeader = <T>(header: T): Combiner<T, T, T> => chain({ first: [[header]] });
 * await pipeline(['ann', 'bob'], withHeader('name')).toArray(); // ['name', 'ann', 'bob']
 */
export interface Combiner<in I, out O, out S> extends Section<I, O>, FlowSource<S> {}

/** A section that can also stand in the first place. */
export function combinerOf<I, O, S>(section: SectionDescription, asSource: SectionDescription): Combiner<I, O, S> {
  return new DescribedCombiner(section, asSource) as unknown as Combiner<I, O, S>;
}

class DescribedCombiner {
  readonly [describedBy]: SectionDescription;
  readonly [sourceOf]: SourceDescription;

  constructor(section: SectionDescription, asSource: SectionDescription) {
    this[describedBy] = section;
    this[sourceOf] = { source: [], sections: [asSource], consumed: false };
  }
}
