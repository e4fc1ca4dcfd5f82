import { sectionOf } from '../describing/section.ts';
import type { ItemFunction, Section } from '../describing/section.ts';
import { perItem } from './per-item.ts';
import { requireCount, requireFunction } from './require.ts';

/**
 * Lets the first `count` items pass, and ends the pipeline above then: with the last of them, without waiting for another.
 *
 * @throws {RangeError} when `count` is not an integer of at least 0.
 * @example
 * const firsts = await pipeline(naturals, take(3)).toArray(); // [0, 1, 2], and the source has been closed
 */
export function take<T>(count: number): Section<T, T> {
  requireCount('take', 'count', count, 0);
  return sectionOf({
    kind: 'sync',
    name: 'take',
    build: (next, place) => {
      let left = count;
      return {
        start: () => {
          if (left === 0) place.end();
          return undefined;
        },
        step: (item) => {
          if (left === 0) return undefined;
          if (--left === 0) place.end();
          return next(item);
        },
      };
    },
  });
}

/**
 * Lets items pass until `fn` returns something false, and ends the pipeline above then. That item is not let through.
 *
 * @throws {TypeError} when `fn` is not a function.
 * @example
 * const small = await pipeline([1, 2, 5, 1], takeWhile((number) => number < 3)).toArray(); // [1, 2]
 */
export function takeWhile<T>(fn: (item: T) => unknown): Section<T, T> {
  requireFunction('takeWhile', fn);
  return sectionOf(
    perItem('takeWhile', fn as ItemFunction, (isKept, item, next, place) => {
      if (isKept) return next(item);
      place.end();
      return undefined;
    }),
  );
}
