import type { Duration } from '@tercet/core';
import { sleepUntil } from '@tercet/core';
import { sectionOf } from '../describing/section.ts';
import type { Place, Section, SyncDescription, TaskDescription } from '../describing/section.ts';
import { NOTHING } from '../running/input.ts';
import { requireCount, requireFunction, requireTime } from './require.ts';

/**
 * For `rateLimit`.
 *
 * @example
 * const perUser: RateLimitOptions<{ user: string }> = {
 *   every: { seconds: 1 },
 *   per: ({ user }) => user,
 *   burst: 5,
 *   mode: 'drop',
 * };
 * await pipeline([{ user: 'ann' }, { user: 'bob' }], rateLimit(perUser)).toArray(); // both
 */
export interface RateLimitOptions<T> {
  /** The time from one item to the next. */
  readonly every: Duration;
  /** Items of which this is different do not count for each other; all count when left out. */
  readonly per?: (item: T) => unknown;
  /** How an item is treated that comes too early: it is dropped, or it waits. */
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
  const plan = { interval, per: per as (item: unknown) => unknown, burst };
  return sectionOf(mode === 'drop' ? dropping(plan) : waiting(plan));
}

interface Plan {
  readonly interval: number;
  readonly per: (item: unknown) => unknown;
  readonly burst: number;
}

function dropping(plan: Plan): SyncDescription {
  return {
    kind: 'sync',
    name: 'rateLimit',
    build: (next, place) => {
      const subjects = new Subjects(plan, place);
      return (item) => {
        const now = place.now();
        const subject = subjects.of(item);
        if (!subjects.allows(subject, now)) return undefined;
        subjects.take(subject, now);
        return next(item);
      };
    },
  };
}

function waiting(plan: Plan): TaskDescription {
  return {
    kind: 'task',
    name: 'rateLimit',
    async body(input, emit, place) {
      const subjects = new Subjects(plan, place);
      for (;;) {
        const item = input.take();
        if (item === NOTHING) {
          if (!(await place.more(input))) return;
          continue;
        }
        const instant = subjects.take(subjects.of(item), place.now());
        if (instant > place.now()) await sleepUntil(instant);
        await emit(item);
        if (place.isOver) return;
        await place.pace();
      }
    },
  };
}

/** When the next item of each subject may pass. */
class Subjects {
  readonly #plan: Plan;
  readonly #place: Place;
  /** The instant from which on a subject is at rest; those that are at rest are not in it. */
  readonly #rests = new Map<unknown, number>();

  constructor(plan: Plan, place: Place) {
    this.#plan = plan;
    this.#place = place;
  }

  allows(subject: unknown, now: number): boolean {
    return this.#allowedAt(this.#rests.get(subject) ?? now) <= now;
  }

  /** Counts an item. @returns the instant at which it may pass. */
  take(subject: unknown, now: number): number {
    const rest = Math.max(this.#rests.get(subject) ?? now, now);
    this.#rests.delete(subject);
    this.#rests.set(subject, rest + this.#plan.interval);
    for (const [other, end] of this.#rests) {
      if (end > now) break;
      this.#rests.delete(other);
    }
    return this.#allowedAt(rest);
  }

  #allowedAt(rest: number): number {
    return rest - (this.#plan.burst - 1) * this.#plan.interval;
  }

  of(item: unknown): unknown {
    try {
      return this.#plan.per(item);
    } catch (error) {
      throw this.#place.blame(error);
    }
  }
}
