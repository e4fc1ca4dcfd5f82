import type { Duration } from '@tercet/core';
import { sectionOf } from '../describing/section.ts';
import type { Section } from '../describing/section.ts';
import { requireCount, requireTime } from './require.ts';

/**
 * For `window`.
 *
 * @example
 * const lastThree: WindowOptions = { size: 3, min: 3 };
 * await pipeline([1, 2, 3, 4], window(lastThree)).toArray(); // [[1, 2, 3], [2, 3, 4]]
 */
export interface WindowOptions {
  /** How many items are in it at most. */
  readonly size: number;
  /** How old they may be; as old as they like when left out. */
  readonly within?: Duration;
  /** From how many items on it is given; 1 when left out. */
  readonly min?: number;
}

/**
 * Gives, for each item, an array of the latest ones: no more than `size`, none older than `within`, the oldest first. Each array
 * is a new one.
 *
 * @throws {RangeError} when `size` or `min` is not an integer of at least 1, or `min` is above `size`.
 * @example
 * const sums = pipeline(samples, window({ size: 10 }), map((latest) => average(latest)));
 */
export function window<T>(options: WindowOptions): Section<T, T[]> {
  const size = requireCount('window', 'size', options?.size, 1);
  const min = requireCount('window', 'min', options.min ?? 1, 1);
  if (min > size) throw new RangeError(`window(): min, ${min}, is above size, ${size}`);
  const within = options.within === undefined ? Infinity : requireTime('window', 'within', options.within);
  return sectionOf({
    kind: 'sync',
    name: 'window',
    build: (next, place) => {
      let items: unknown[] = [];
      let instants: number[] = [];
      return (item) => {
        const now = within === Infinity ? 0 : place.now();
        const oldest = now - within;
        let first = Math.max(0, items.length + 1 - size);
        while (first < instants.length && instants[first]! < oldest) first++;
        items = items.slice(first);
        instants = instants.slice(first);
        items.push(item);
        instants.push(now);
        return items.length >= min ? next(items.slice()) : undefined;
      };
    },
  });
}
