import { sectionOf } from '../describing/section.ts';
import type { Section, WhenFull } from '../describing/section.ts';
import { describe, requireCount } from './require.ts';

/**
 * For `buffer`.
 *
 * @example
 * // The source may be 100 items ahead; when the rest is too slow, the newest items are dropped.
 * await pipeline([1, 2, 3], buffer(100, { whenFull: 'drop-newest' })).toArray();
 */
export interface BufferOptions {
  /**
   * How an item is treated for which there is no room. `'wait'`, the default: the sections above wait. Otherwise the oldest
   * or the newest item is dropped, or the pipeline fails with a `BusyResourceError`.
   */
  readonly whenFull?: WhenFull;
}

/**
 * Lets exactly so many items wait here, and lets the sections before and after it run at the same time. 0 hands each item
 * over: what is before it does not go on until what is after has taken the item.
 *
 * @throws {RangeError} when `count` is not an integer of at least 0, or 0 where items are dropped.
 * @example
 * // The sink may be up to 100 items behind.
 * await pipeline([1, 2, 3], buffer(100)).forEach((item) => sleep(item));
 */
export function buffer<T>(count: number, options: BufferOptions = {}): Section<T, T> {
  requireCount('buffer', 'count', count, 0);
  const { whenFull = 'wait' } = options;
  if (!['wait', 'drop-oldest', 'drop-newest', 'fail'].includes(whenFull)) {
    throw new TypeError(
      `buffer(): whenFull must be 'wait', 'drop-oldest', 'drop-newest' or 'fail', not ${describe(whenFull)}`,
    );
  }
  if (whenFull !== 'wait') requireCount('buffer', 'count', count, 1);
  return sectionOf({ kind: 'buffer', name: 'buffer', capacity: count, whenFull });
}
