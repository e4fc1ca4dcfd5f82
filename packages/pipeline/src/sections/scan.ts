import { sectionOf } from '../describing/section.ts';
import type { Section } from '../describing/section.ts';
import { isThenable, NOTHING } from '../running/input.ts';
import { settled } from './per-item.ts';
import { requireFunction } from './require.ts';

/**
 * Gives, for each item, what `fn` makes of it and of what it has given before; that is `initial` at first. `fn` may be
 * async.
 *
 * @throws {TypeError} when `fn` is not a function.
 * @example
 * const sums = await pipeline([1, 2, 3], scan((sum, item) => sum + item, 0)).toArray(); // [1, 3, 6]
 */
export function scan<I, O>(fn: (result: O, item: I) => O | PromiseLike<O>, initial: O): Section<I, O> {
  requireFunction('scan', fn);
  return sectionOf({
    kind: 'sync',
    name: 'scan',
    detail: fn.name,
    build: (next, place) => {
      let result: unknown = initial;
      const later = async (pending: PromiseLike<unknown>): Promise<void> => {
        result = await settled(pending, place);
        await next(result);
      };
      return (item) => {
        let value;
        try {
          value = fn(result as O, item as I);
        } catch (error) {
          throw place.blame(error);
        }
        if (isThenable(value)) return later(value);
        result = value;
        return next(value);
      };
    },
  });
}

/**
 * Gives each item together with the one before it; nothing for the first.
 *
 * @example
 * const steps = await pipeline([1, 4, 9], pairwise()).toArray(); // [[1, 4], [4, 9]]
 */
export function pairwise<T>(): Section<T, [previous: T, next: T]> {
  return sectionOf({
    kind: 'sync',
    name: 'pairwise',
    build: (next) => {
      let previous: unknown = NOTHING;
      return (item) => {
        const pair = [previous, item];
        previous = item;
        return pair[0] === NOTHING ? undefined : next(pair);
      };
    },
  });
}
