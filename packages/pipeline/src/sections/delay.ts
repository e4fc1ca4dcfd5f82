import type { Duration } from '@tercet/core';
import { sleepUntil } from '@tercet/core';
import { sectionOf } from '../describing/section.ts';
import type { Section } from '../describing/section.ts';
import { NOTHING } from '../running/input.ts';
import { BOUNDARY } from '../running/link.ts';
import { Ring } from '../running/ring.ts';
import { requireCount, requireTime } from './require.ts';
import { moreUntil } from './timing.ts';

/**
 * For `delay`.
 *
 * @example
 * await pipeline(['ping', 'pong'], delay(5, { max: 10 })).toArray(); // as if the network took 5 ms
 */
export interface DelayOptions {
  /** How many items may be on their way; then nothing is taken from above. 64 when left out. */
  readonly max?: number;
}

/**
 * Gives each item `duration` after it has come. Order and distances stay.
 *
 * @throws {RangeError} when `duration` is not above 0, or `max` not an integer of at least 1.
 * @example
 * const later = await pipeline([1, 2, 3], delay({ seconds: 1 })).toArray(); // [1, 2, 3], a second later
 */
export function delay<T>(duration: Duration, options: DelayOptions = {}): Section<T, T> {
  const time = requireTime('delay', 'duration', duration);
  const max = requireCount('delay', 'max', options.max ?? BOUNDARY, 1);
  return sectionOf({
    kind: 'task',
    name: 'delay',
    async body(input, emit, place) {
      const items = new Ring<unknown>();
      const instants = new Ring<number>();
      place.keeps(() => items.length);
      let hasEnded = false;
      const giveFirst = async (): Promise<void> => {
        instants.shift();
        await emit(items.shift());
      };
      input.want?.(1);
      while (!hasEnded || items.length > 0) {
        if (items.length > 0 && instants.at(0) <= place.now()) {
          await giveFirst();
          if (place.isOver) return;
        } else if (hasEnded || items.length >= max) {
          await sleepUntil(instants.at(0));
        } else {
          const item = input.take();
          if (item !== NOTHING) {
            items.push(item);
            instants.push(place.now() + time);
            await place.pace();
          } else if ((await moreUntil(items.length > 0 ? instants.at(0) : Infinity, input, place)) === false) {
            hasEnded = true;
          }
        }
      }
    },
  });
}
