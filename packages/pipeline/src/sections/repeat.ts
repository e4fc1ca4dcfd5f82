import type { Duration } from '@tercet/core';
import { sleepUntil } from '@tercet/core';
import { combinerOf } from '../describing/combiner.ts';
import type { Combiner } from '../describing/combiner.ts';
import { sectionOf } from '../describing/section.ts';
import type { Section, TaskDescription } from '../describing/section.ts';
import { NOTHING } from '../running/input.ts';
import { requireTime } from './require.ts';
import { moreUntil } from './timing.ts';

/**
 * For `repeat`.
 *
 * @example
 * const options: RepeatOptions<number> = { initial: 0 };
 * await pipeline([20, 21], repeat({ milliseconds: 10 }, options)).toArray(); // 0 first, and the latest every 10 ms
 */
export interface RepeatOptions<T> {
  /** The item that is given until the first one has come. */
  readonly initial: T;
}

/**
 * Gives each item at once, and again after each `every` until the next one comes. It ends with its input.
 *
 * With `initial` it can also be the source of a pipeline; then it goes on for ever.
 *
 * @throws {RangeError} when `every` is not above 0. @throws {TypeError} by `pipeline`, as a source without `initial`.
 * @example
 * await pipeline(states, repeat({ seconds: 10 })).forEach(sendHeartbeat);
 */
export function repeat<T>(every: Duration, options: RepeatOptions<T>): Combiner<T, T, T>;
export function repeat<T>(every: Duration): Section<T, T>;
export function repeat<T>(every: Duration, options?: RepeatOptions<T>): Section<T, T> {
  const interval = requireTime('repeat', 'every', every);
  const initial = options !== undefined && 'initial' in options ? options.initial : NOTHING;
  const section = repeating(interval, initial, false);
  return initial === NOTHING ? sectionOf(section) : combinerOf(section, repeating(interval, initial, true));
}

function repeating(interval: number, initial: unknown, isSource: boolean): TaskDescription {
  return {
    kind: 'task',
    name: 'repeat',
    async body(input, emit, place) {
      let current = initial;
      let due = current === NOTHING ? Infinity : place.now();
      for (;;) {
        const item = isSource ? NOTHING : input.take();
        if (item !== NOTHING) {
          current = item;
          due = place.now();
        } else if (due > place.now()) {
          const more = isSource ? await sleepUntil(due) : await moreUntil(due, input, place);
          if (more === false) return;
          if (more === true) continue;
        }
        await emit(current);
        if (place.isOver) return;
        // Always in the future, so that the input is looked at before the next one, however slow the consumer is.
        due += interval * Math.max(1, Math.floor((place.now() - due) / interval) + 1);
        await place.pace();
      }
    },
  };
}
