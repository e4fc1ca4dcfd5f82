import { sectionOf } from '../describing/section.ts';
import type { Section } from '../describing/section.ts';
import { requireCount, requireFunction } from './require.ts';

/**
 * For `distinct`.
 *
 * @example
 * const options: DistinctOptions<{ id: number }> = { by: ({ id }) => id, max: 10_000 };
 * await pipeline([{ id: 1 }, { id: 2 }, { id: 1 }], distinct(options)).toArray(); // 1 and 2
 */
export interface DistinctOptions<T> {
  /** Gives the value to compare; the item itself when left out. */
  readonly by?: (item: T) => unknown;
  /** How many are remembered; then the oldest one is forgotten. */
  readonly max: number;
}

/**
 * Drops items that have been seen, among the last `max` different ones.
 *
 * @throws {RangeError} when `max` is not an integer of at least 1. @throws {TypeError} when `by` is not a function.
 * @example
 * const once = await pipeline([1, 2, 1], distinct({ max: 1000 })).toArray(); // [1, 2]
 */
export function distinct<T>(options: DistinctOptions<T>): Section<T, T> {
  const { by = (item: T) => item, max } = options ?? {};
  requireCount('distinct', 'max', max, 1);
  requireFunction('distinct(): by', by);
  return sectionOf({
    kind: 'sync',
    name: 'distinct',
    build: (next, place) => {
      const seen = new Set<unknown>();
      return (item) => {
        let key;
        try {
          key = by(item as T);
        } catch (error) {
          throw place.blame(error);
        }
        if (seen.has(key)) return undefined;
        seen.add(key);
        if (seen.size > max) seen.delete(seen.values().next().value);
        return next(item);
      };
    },
  });
}
