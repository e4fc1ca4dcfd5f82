import type { Combiner } from '../describing/combiner.ts';
import { NOTHING } from '../running/input.ts';
import { combining, placedSources } from './sources.ts';
import type { ItemOf, Placement, Sources } from './sources.ts';

/**
 * Gives the items of one source after those of the other. A source is opened when the one before it has ended.
 *
 * As a section, the items from above come first; `chain({ first, last })` says what comes before and after them.
 *
 * @throws {TypeError} when an argument is not a source.
 * @example
 * const all = await pipeline(chain([1, 2], [3])).toArray(); // [1, 2, 3]
 */
export function chain<S extends Sources, I = never>(
  ...sources: S
): Combiner<I, I | ItemOf<S[number]>, ItemOf<S[number]>>;
export function chain<F extends Sources = [], L extends Sources = [], I = never>(
  placement: Placement<F, L>,
): Combiner<I, I | ItemOf<F[number] | L[number]>, ItemOf<F[number] | L[number]>>;
export function chain(...args: unknown[]): Combiner<never, unknown, unknown> {
  const { placed } = placedSources('chain', args, undefined);
  return combining('chain', placed, {}, async (inputs, emit, place) => {
    for (const open of inputs) {
      const input = open();
      for (;;) {
        const item = input.take();
        if (item === NOTHING) {
          if (!(await place.more(input))) break;
          continue;
        }
        await emit(item);
        if (place.isOver) return;
        await place.pace();
      }
    }
  });
}
