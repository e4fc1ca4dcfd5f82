import { sectionOf } from '../describing/section.ts';
import type { Section } from '../describing/section.ts';
import { NOTHING } from '../running/input.ts';
import { requireFunction } from './require.ts';

/**
 * For `changes`.
 *
 * @example
 * const options: ChangesOptions<{ degrees: number }, number> = {
 *   by: ({ degrees }) => degrees,
 *   equals: (previous, next) => Math.abs(previous - next) < 0.5, // less is noise
 * };
 * const readings = [{ degrees: 20 }, { degrees: 20.2 }, { degrees: 21 }];
 * await pipeline(readings, changes(options)).toArray(); // 20 and 21
 */
export interface ChangesOptions<T, K = T> {
  /** Gives the value to compare; the item itself when left out. */
  readonly by?: (item: T) => K;
  /** Whether two of these are the same; `Object.is`, for which NaN equals NaN, when left out. */
  readonly equals?: (previous: K, next: K) => boolean;
}

/**
 * Drops each item that equals the last one that was let through. The first one always passes.
 *
 * @throws {TypeError} when an option is not a function.
 * @example
 * const seen = await pipeline([1, 1, 2, 1], changes()).toArray(); // [1, 2, 1]
 */
export function changes<T, K = T>(options: ChangesOptions<T, K> = {}): Section<T, T> {
  const { by = (item: T) => item as unknown as K, equals = Object.is } = options;
  requireFunction('changes(): by', by);
  requireFunction('changes(): equals', equals);
  return sectionOf({
    kind: 'sync',
    name: 'changes',
    build: (next, place) => {
      let last: unknown = NOTHING;
      return (item) => {
        let key;
        try {
          key = by(item as T);
          if (last !== NOTHING && equals(last as K, key)) return undefined;
        } catch (error) {
          throw place.blame(error);
        }
        last = key;
        return next(item);
      };
    },
  });
}
