import { TooSlowError } from '@tercet/core';
import type { Duration } from '@tercet/core';
import { sectionOf } from '../describing/section.ts';
import type { Section } from '../describing/section.ts';
import { NOTHING } from '../running/input.ts';
import { requireTime } from './require.ts';
import { moreUntil } from './timing.ts';

/**
 * For `timeout`: exactly one of the two.
 *
 * @example
 * const each: TimeoutKind = { each: true };
 * await pipeline(['a', 'b'], timeout({ seconds: 5 }, each)).toArray(); // an error after 5 s without an item
 * await pipeline(['a', 'b'], timeout({ minutes: 1 }, { total: true })).toArray(); // an error if it is not done by then
 */
export type TimeoutKind = { readonly each: true } | { readonly total: true };

/**
 * Fails with a `TooSlowError` when the next item, or the end, does not come within `duration`; or when the end has not come
 * within `duration` after the beginning.
 *
 * @throws {RangeError} when `duration` is not above 0. @throws {TypeError} when it is neither `each` nor `total`.
 * @example
 * await pipeline(messages, timeout({ seconds: 30 }, { each: true })).forEach(handle);
 */
export function timeout<T>(duration: Duration, kind: TimeoutKind): Section<T, T> {
  const time = requireTime('timeout', 'duration', duration);
  const isTotal = (kind as { readonly total?: boolean } | undefined)?.total === true;
  if (isTotal === ((kind as { readonly each?: boolean } | undefined)?.each === true)) {
    throw new TypeError('timeout() takes { each: true } or { total: true } as its second argument');
  }
  return sectionOf({
    kind: 'task',
    name: 'timeout',
    async body(input, emit, place) {
      let deadline = place.now() + time;
      for (;;) {
        const item = input.take();
        const more = item !== NOTHING || (await moreUntil(deadline, input, place));
        if (more === undefined || (isTotal && place.now() >= deadline)) {
          throw place.blame(
            new TooSlowError(`${place.label}: ${isTotal ? 'the end' : 'the next item'} has not come within ${time} ms`),
          );
        }
        if (!more) return;
        if (item === NOTHING) continue;
        await emit(item);
        if (place.isOver) return;
        if (!isTotal) deadline = place.now() + time;
        await place.pace();
      }
    },
  });
}
