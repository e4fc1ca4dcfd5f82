import { checkpoint } from '@tercet/core';
import type { Combiner } from '../describing/combiner.ts';
import { NOTHING } from '../running/input.ts';
import type { Input } from '../running/input.ts';
import { requireCount } from '../sections/require.ts';
import { isReady, Several } from './several.ts';
import { combining, placedSources } from './sources.ts';
import type { ItemOf, Sources } from './sources.ts';

/**
 * For `merge`.
 *
 * @example
 * const pages = [['a', 'b'], ['c'], ['d']];
 * await pipeline(merge(...pages, { maxConcurrent: 2 })).toArray(); // the third opens when one of the others has ended
 */
export interface MergeOptions {
  /** How many of the sources are open at a time; all when left out. */
  readonly maxConcurrent?: number;
}

/**
 * Gives the items of several sources as they come, and in turn where several have some. The order of each source is kept.
 * It ends with the last one; an error in one ends all.
 *
 * As a section, the items from above are one more source.
 *
 * @throws {TypeError} when an argument is not a source.
 * @example
 * await pipeline(merge(keyboard, mouse)).forEach(handle);
 */
export function merge<S extends Sources, I = never>(
  ...sources: S
): Combiner<I, I | ItemOf<S[number]>, ItemOf<S[number]>>;
export function merge<S extends Sources, I = never>(
  ...args: [...sources: S, options: MergeOptions]
): Combiner<I, I | ItemOf<S[number]>, ItemOf<S[number]>>;
export function merge(...args: unknown[]): Combiner<never, unknown, unknown> {
  const { placed, options } = placedSources<MergeOptions>('merge', args, {});
  const most = requireCount('merge', 'maxConcurrent', options.maxConcurrent ?? Infinity, 1);
  return combining('merge', placed, { linked: true }, async (inputs, emit, place) => {
    const waiting = [...inputs];
    const open = new Set<Input>();
    const several = new Several();
    for (;;) {
      if (open.size < most && waiting.length > 0) {
        while (open.size < most && waiting.length > 0) {
          const input = waiting.shift()!();
          open.add(input);
          several.add(input);
        }
        // All of them begin before the first item of one is taken.
        await checkpoint();
      }
      if (open.size === 0) return;
      let hasGiven = false;
      for (const input of open) {
        const item = input.take();
        if (item !== NOTHING) {
          hasGiven = true;
          await emit(item);
          if (place.isOver) return;
          await place.pace();
        } else if (isReady(input) && !(await input.more())) {
          open.delete(input);
          several.delete(input);
        }
      }
      if (!hasGiven && open.size > 0) await several.wait();
    }
  });
}
