import { sectionOf } from '../describing/section.ts';
import type { ItemFunction, Section } from '../describing/section.ts';
import { perItem } from './per-item.ts';
import { requireFunction } from './require.ts';

/**
 * Calls `fn` for each item and lets the item pass. `fn` may be async.
 *
 * @throws {TypeError} when `fn` is not a function.
 * @example
 * await pipeline([1, 2], tap((item) => console.log(item))).drain();
 */
export function tap<T>(fn: (item: T) => unknown): Section<T, T> {
  requireFunction('tap', fn);
  return sectionOf(perItem('tap', fn as ItemFunction, (_, item, next) => next(item)));
}
