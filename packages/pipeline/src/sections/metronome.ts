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
 * For `metronome`.
 *
 * @example
 * const eachMinute: MetronomeOptions<number> = { wallClock: true };
 * const temperatures = pipeline([20, 21], metronome({ minutes: 1 }, eachMinute));
 */
export interface MetronomeOptions<T> {
  /** The item that is given until the first one has come. */
  readonly initial?: T;
  /** Whether ticks are multiples of the interval on the wall clock, such as each full minute. */
  readonly wallClock?: boolean;
}

/**
 * Gives the latest item at each tick, and nothing at a tick before which none has come. Ticks are `every` apart from the
 * beginning on, and do not drift; ticks at which the item could not be taken are left out. It ends with its
 * input.
 *
 * With `initial` it can also be the source of a pipeline; then it goes on for ever.
 *
 * @throws {RangeError} when `every` is not above 0. @throws {TypeError} by `pipeline`, as a source without `initial`.
 * @example
 * const level = await pipeline([5], delay({ seconds: 3 }), metronome({ seconds: 1 }, { initial: 0 })).first(); // 0
 */
export function metronome<T>(
  every: Duration,
  options: MetronomeOptions<T> & { readonly initial: T },
): Combiner<T, T, T>;
export function metronome<T>(every: Duration, options?: MetronomeOptions<T>): Section<T, T>;
export function metronome<T>(every: Duration, options: MetronomeOptions<T> = {}): Section<T, T> {
  const interval = requireTime('metronome', 'every', every);
  const initial = 'initial' in options ? options.initial : NOTHING;
  const isOnWall = options.wallClock === true;
  const section = ticking(interval, initial, isOnWall, false);
  return initial === NOTHING ? sectionOf(section) : combinerOf(section, ticking(interval, initial, isOnWall, true));
}

function ticking(interval: number, initial: unknown, isOnWall: boolean, isSource: boolean): TaskDescription {
  return {
    kind: 'task',
    name: 'metronome',
    async body(input, emit, place) {
      let current = initial;
      let isNew = false;
      place.keeps(() => (isNew ? 1 : 0));
      // On the run's clock; the wall clock only says where on it the ticks are.
      const offset = isOnWall ? Date.now() % interval : 0;
      const begin = place.now() - offset;
      let tick = 1;
      for (;;) {
        const due = begin + tick * interval;
        const item = isSource ? NOTHING : input.take();
        if (item !== NOTHING) {
          current = item;
          isNew = true;
          await place.pace();
        }
        if (due > place.now()) {
          if (item !== NOTHING) continue;
          const more = isSource ? await sleepUntil(due) : await moreUntil(due, input, place);
          if (more === false) return;
          if (more === true) continue;
        }
        if (current !== NOTHING) await emit(current);
        isNew = false;
        if (place.isOver) return;
        tick = Math.max(tick + 1, Math.floor((place.now() - begin) / interval) + 1);
      }
    },
  };
}
