import { currentNode } from '../frames/frames.ts';
import { checkpoint } from './checkpoint.ts';
import { toMilliseconds } from '../time/duration.ts';
import type { Duration } from '../time/duration.ts';
import { sleepUntil } from './sleep.ts';

/**
 * For {@link every}.
 *
 * @example
 * let ticks = 0;
 * for await (const _ of every({ milliseconds: 20 }, { immediately: true, missed: 'all' })) {
 *   if (++ticks === 3) break; // at 0, 20 and 40 ms, however long the body takes
 * }
 */
export interface EveryOptions {
  /**
   * Whether ticks are dropped that are due while the body of the loop still runs. `'skip'`, the default: the first of them
   * comes late, as soon as the body has ended; the others are dropped. `'all'`: all of them come, one right after the other.
   */
  readonly missed?: 'skip' | 'all';
  /** Whether the first tick comes at once instead of after the first interval. */
  readonly immediately?: boolean;
}

/**
 * Ticks at a fixed interval, without drift: the ticks are due at multiples of the interval after the start of the loop, however
 * long its body takes.
 *
 * Each step of the loop is a checkpoint.
 *
 * @param interval milliseconds, or `{ seconds: 2 }`; above zero.
 * @returns an endless iterable of the instants at which the ticks were due, on the run's clock.
 * @throws {RangeError} when the interval is not above zero.
 * @throws {Cancelled} in the loop, when the surrounding scope is cancelled. @throws {StateError} outside of a run.
 * @example
 * for await (const _ of every({ seconds: 30 })) await sendHeartbeat();
 */
export function every(interval: Duration, options: EveryOptions = {}): AsyncIterable<number> {
  const period = toMilliseconds(interval, 'every()');
  if (!(period > 0 && period < Infinity))
    throw new RangeError(`every(): the interval must be above zero and finite, not ${period} ms`);
  const { missed = 'skip', immediately = false } = options;
  if (missed !== 'skip' && missed !== 'all')
    throw new RangeError(`every(): missed must be 'skip' or 'all', not ${String(missed)}`);
  return { [Symbol.asyncIterator]: () => ticks(period, missed === 'skip', immediately) };
}

async function* ticks(period: number, skips: boolean, immediately: boolean): AsyncGenerator<number, never> {
  const { clock } = currentNode('every()').run;
  const begin = clock.now();
  for (let number = immediately ? 0 : 1; ; number++) {
    const due = begin + number * period;
    const late = clock.now() - due;
    if (late < 0) await sleepUntil(due);
    else await checkpoint();
    yield due;
    // Skips the ticks that have already passed.
    if (skips && late > 0) number += Math.floor(late / period);
  }
}
