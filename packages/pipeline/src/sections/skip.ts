import { sectionOf } from '../describing/section.ts';
import type { ItemFunction, Place, Section, SyncDescription } from '../describing/section.ts';
import { isThenable } from '../running/input.ts';
import type { Step } from '../running/input.ts';
import { settled } from './per-item.ts';
import { requireCount, requireFunction } from './require.ts';

/**
 * Drops the first `count` items.
 *
 * @throws {RangeError} when `count` is not an integer of at least 0.
 * @example
 * const rest = await pipeline([1, 2, 3], skip(1)).toArray(); // [2, 3]
 */
export function skip<T>(count: number): Section<T, T> {
  requireCount('skip', 'count', count, 0);
  return sectionOf({
    kind: 'sync',
    name: 'skip',
    build: (next) => {
      let left = count;
      return (item) => {
        if (left === 0) return next(item);
        left--;
        return undefined;
      };
    },
  });
}

/**
 * Drops items until `fn` returns something false; from that item on all pass, and `fn` is not called any more. It may be
 * async.
 *
 * @throws {TypeError} when `fn` is not a function.
 * @example
 * const rest = await pipeline([1, 5, 2], skipWhile((number) => number < 3)).toArray(); // [5, 2]
 */
export function skipWhile<T>(fn: (item: T) => unknown): Section<T, T> {
  requireFunction('skipWhile', fn);
  return sectionOf(describeSkipWhile(fn as ItemFunction, fn.name));
}

function describeSkipWhile(fn: ItemFunction, detail: string): SyncDescription {
  return {
    kind: 'sync',
    name: 'skipWhile',
    detail,
    calls: { fn, with: (other) => describeSkipWhile(other, detail) },
    build: (next, place) => {
      let isSkipping = true;
      const decide = (isSkipped: unknown, item: unknown): ReturnType<Step> => {
        if (isSkipped) return undefined;
        isSkipping = false;
        return next(item);
      };
      return (item) => {
        if (!isSkipping) return next(item);
        let isSkipped;
        try {
          isSkipped = fn(item);
        } catch (error) {
          throw place.blame(error);
        }
        return isThenable(isSkipped) ? later(isSkipped, item, decide, place) : decide(isSkipped, item);
      };
    },
  };
}

async function later(
  pending: PromiseLike<unknown>,
  item: unknown,
  decide: (isSkipped: unknown, item: unknown) => ReturnType<Step>,
  place: Place,
): Promise<void> {
  await decide(await settled(pending, place), item);
}
