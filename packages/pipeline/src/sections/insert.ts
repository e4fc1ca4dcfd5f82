import { sectionOf } from '../describing/section.ts';
import type { Place, Section, TaskDescription } from '../describing/section.ts';
import type { Source } from '../describing/source.ts';
import { NOTHING } from '../running/input.ts';
import type { Step } from '../running/input.ts';
import { isSource } from '../running/open-source.ts';
import { describe } from './require.ts';

/**
 * Gives `values` before the first item, at once, and also when there is none.
 *
 * @example
 * const all = await pipeline([2, 3], insert(0, 1)).toArray(); // [0, 1, 2, 3]
 */
export function insert<T>(...values: T[]): Section<T, T> {
  return sectionOf({
    kind: 'sync',
    name: 'insert',
    build: (next, place) => ({ start: () => giveAll(values, next, place), step: next }),
  });
}

/**
 * Gives `values` after the last item.
 *
 * @example
 * const all = await pipeline([1, 2], append(3)).toArray(); // [1, 2, 3]
 */
export function append<T>(...values: T[]): Section<T, T> {
  return sectionOf({
    kind: 'sync',
    name: 'append',
    build: (next, place) => ({ step: next, flush: () => giveAll(values, next, place) }),
  });
}

async function giveAll(values: readonly unknown[], next: Step, place: Place): Promise<void> {
  for (const value of values) {
    await next(value);
    if (place.isOver) return;
    await place.pace();
  }
}

/**
 * Gives the items of another source when there is none. It is opened only then.
 *
 * @throws {TypeError} when `source` is not a source.
 * @example
 * const all = await pipeline([] as number[], orElse([0])).toArray(); // [0]
 */
export function orElse<T>(source: Source<T>): Section<T, T> {
  if (!isSource(source)) throw new TypeError(`orElse() takes a source, not ${describe(source)}`);
  const description: TaskDescription = {
    kind: 'task',
    name: 'orElse',
    async body(input, emit, place) {
      let isEmpty = true;
      const giveFrom = async (from: typeof input): Promise<void> => {
        for (;;) {
          const item = from.take();
          if (item === NOTHING) {
            if (!(await place.more(from))) return;
            continue;
          }
          isEmpty = false;
          await emit(item);
          if (place.isOver) return;
          await place.pace();
        }
      };
      await giveFrom(input);
      if (!isEmpty) return;
      const other = place.open(source);
      try {
        await giveFrom(other);
      } finally {
        await other.close('its reader has ended');
      }
    },
  };
  return sectionOf(description);
}
