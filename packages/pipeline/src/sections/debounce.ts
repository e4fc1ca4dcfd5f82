import type { Duration } from '@tercet/core';
import { sectionOf } from '../describing/section.ts';
import type { Section, TaskDescription } from '../describing/section.ts';
import { NOTHING } from '../running/input.ts';
import { requireTime } from './require.ts';
import { moreUntil } from './timing.ts';

/**
 * Gives an item when no other one has come for `duration` after it. The last one is given at the end of the input.
 *
 * @throws {RangeError} when `duration` is not above 0.
 * @example
 * const last = await pipeline(['h', 'he', 'hey'], debounce(300)).toArray(); // ['hey']
 */
export function debounce<T>(duration: Duration): Section<T, T> {
  const time = requireTime('debounce', 'duration', duration);
  return sectionOf(latestOf('debounce', (now) => now + time));
}

/**
 * Gives an item at once, and then no more than one in each `duration`: the latest that has come. The last one is given at
 * the end of the input.
 *
 * @throws {RangeError} when `duration` is not above 0.
 * @example
 * const first = await pipeline([1, 2, 3], throttle({ seconds: 1 })).first(); // 1
 */
export function throttle<T>(duration: Duration): Section<T, T> {
  const time = requireTime('throttle', 'duration', duration);
  return sectionOf(latestOf('throttle', (now, given) => Math.max(now, given + time)));
}

/** Gives the latest item at an instant that depends on when it has come and when the last one was given. */
function latestOf(name: string, due: (now: number, given: number) => number): TaskDescription {
  return {
    kind: 'task',
    name,
    async body(input, emit, place) {
      let latest: unknown = NOTHING;
      place.keeps(() => (latest === NOTHING ? 0 : 1));
      let deadline = Infinity;
      let given = -Infinity;
      for (;;) {
        const item = input.take();
        if (item !== NOTHING) {
          latest = item;
          deadline = due(place.now(), given);
          await place.pace();
        } else {
          const more = deadline <= place.now() ? undefined : await moreUntil(deadline, input, place);
          if (more === true) continue;
          if (more === false) break;
        }
        if (latest === NOTHING || deadline > place.now()) continue;
        const next = latest;
        latest = NOTHING;
        deadline = Infinity;
        given = place.now();
        await emit(next);
        if (place.isOver) return;
      }
      if (latest !== NOTHING) await emit(latest);
    },
  };
}
