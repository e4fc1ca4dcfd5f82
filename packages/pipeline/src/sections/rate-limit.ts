import type { Duration } from '@tercet/core';
import { sleepUntil } from '@tercet/core';
import { sectionOf } from '../describing/section.ts';
import type { Section } from '../describing/section.ts';
import type { Step } from '../running/input.ts';
import { requireCount, requireFunction, requireTime } from './require.ts';

/** For `rateLimit`. */
export interface RateLimitOptions<T> {
  /** The time from one item to the next. */
  readonly every: Duration;
  /** Items of which this is different do not count for each other; all count when left out. */
  readonly per?: (item: T) => unknown;
  /** What becomes of an item that comes too early: it is dropped, or it waits. */
  readonly mode: 'drop' | 'wait';
  /** How many items may follow each other at once after a rest; 1 when left out. */
  readonly burst?: number;
}

/**
 * Lets no more than one item pass in each `every`, or one for each subject. The first one passes at once.
 *
 * With `mode: 'wait'` none is lost, the order stays, and an item that waits holds back those behind it, also of other
 * subjects. A subject is forgotten as soon as its next item could pass at once.
 *
 * @throws {RangeError} when `every` is not above 0. @throws {TypeError} when `mode` is not one of the two.
 * @example
 * await pipeline(alerts, rateLimit({ every: { minutes: 1 }, per: (alert) => alert.host, mode: 'drop' })).forEach(send);
 */
export function rateLimit<T>(options: RateLimitOptions<T>): Section<T, T> {
  const { every, per = () => undefined, mode, burst = 1 } = options ?? {};
  const interval = requireTime('rateLimit', 'every', every);
  requireFunction('rateLimit(): per', per);
  requireCount('rateLimit', 'burst', burst, 1);
  if (mode !== 'drop' && mode !== 'wait') {
    throw new TypeError(`rateLimit(): mode must be 'drop' or 'wait', not ${String(mode)}`);
  }
  return sectionOf({
    kind: 'sync',
    name: 'rateLimit',
    build: (next, place) => {
      // The instant from which on a subject is at rest, by subject; those that are at rest are not in it.
      const rests = new Map<unknown, number>();
      const forget = (now: number): void => {
        for (const [subject, rest] of rests) {
          if (rest > now) return;
          rests.delete(subject);
        }
      };
      return (item) => {
        const now = place.now();
        let subject;
        try {
          subject = per(item as T);
        } catch (error) {
          throw place.blame(error);
        }
        const rest = Math.max(rests.get(subject) ?? -Infinity, now);
        const allowed = rest - (burst - 1) * interval;
        if (allowed > now && mode === 'drop') return undefined;
        rests.delete(subject);
        rests.set(subject, rest + interval);
        forget(now);
        return allowed > now ? passAt(allowed, item, next) : next(item);
      };
    },
  });
}

async function passAt(instant: number, item: unknown, next: Step): Promise<void> {
  await sleepUntil(instant);
  await next(item);
}
