import type { Combiner } from '../describing/combiner.ts';
import type { TaskPlace } from '../describing/section.ts';
import { NOTHING } from '../running/input.ts';
import type { Input } from '../running/input.ts';
import { combining, placedSources } from './sources.ts';
import type { ItemsOf, Placement, Sources } from './sources.ts';

/**
 * Gives an array with an item of each source, as long as all have one: it ends with the shortest, and closes the others.
 *
 * They are asked one after the other, so nothing is taken from a channel for which the sources before it have no partner; of
 * other sources, no more than one item is taken in vain. As a section, the items from above come first; `zip({ first, last })`
 * says what comes before and after them.
 *
 * @throws {TypeError} when an argument is not a source.
 * @example
 * const pairs = await pipeline(zip(['a', 'b'], [1, 2, 3])).toArray(); // [['a', 1], ['b', 2]]
 */
export function zip<S extends Sources, I = never>(...sources: S): Combiner<I, [I, ...ItemsOf<S>], ItemsOf<S>>;
export function zip<F extends Sources = [], L extends Sources = [], I = never>(
  placement: Placement<F, L>,
): Combiner<I, [...ItemsOf<F>, I, ...ItemsOf<L>], [...ItemsOf<F>, ...ItemsOf<L>]>;
export function zip(...args: unknown[]): Combiner<never, unknown, unknown> {
  const { placed } = placedSources('zip', args, undefined);
  return combining('zip', placed, { capacity: 1 }, async (openers, emit, place) => {
    const inputs = openers.map((open) => open());
    if (inputs.length === 0) return;
    for (;;) {
      const items: unknown[] = [];
      for (const input of inputs) {
        const item = await next(input, place);
        if (item === NOTHING) return;
        items.push(item);
      }
      await emit(items);
      if (place.isOver) return;
      await place.pace();
    }
  });
}

/**
 * Gives an item of each source in turn. A source that has ended is left out.
 *
 * As a section, the items from above come first.
 * @example
 * const mixed = await pipeline(interleave([1, 3], [2, 4])).toArray(); // [1, 2, 3, 4]
 */
export function interleave<S extends Sources, I = never>(
  ...sources: S
): Combiner<I, I | ItemsOf<S>[number], ItemsOf<S>[number]>;
export function interleave(...args: unknown[]): Combiner<never, unknown, unknown> {
  const { placed } = placedSources('interleave', args, undefined);
  return combining('interleave', placed, { capacity: 1 }, async (openers, emit, place) => {
    const inputs = new Set(openers.map((open) => open()));
    while (inputs.size > 0) {
      for (const input of inputs) {
        const item = await next(input, place);
        if (item === NOTHING) {
          inputs.delete(input);
          continue;
        }
        await emit(item);
        if (place.isOver) return;
        await place.pace();
      }
    }
  });
}

/** The next item, or NOTHING at the end. */
async function next(input: Input, place: TaskPlace): Promise<unknown> {
  for (;;) {
    const item = input.take();
    if (item !== NOTHING || !(await place.more(input))) return item;
  }
}
