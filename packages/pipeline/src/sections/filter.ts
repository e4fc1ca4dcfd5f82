import { sectionOf } from '../describing/section.ts';
import type { ItemFunction, Section } from '../describing/section.ts';
import { perItem } from './per-item.ts';
import { requireFunction } from './require.ts';

/**
 * Lets those items pass for which `fn` returns something true. `fn` may be async.
 *
 * @throws {TypeError} when `fn` is not a function.
 * @example
 * const words = await pipeline(['a', '', 'b'], filter((word) => word !== '')).toArray(); // ['a', 'b']
 */
export function filter<I, O extends I>(fn: (item: I) => item is O): Section<I, O>;
export function filter<I>(fn: (item: I) => unknown): Section<I, I>;
export function filter(fn: (item: never) => unknown): Section<never, unknown> {
  requireFunction('filter', fn);
  return sectionOf(perItem('filter', fn as ItemFunction, (isKept, item, next) => (isKept ? next(item) : undefined)));
}
