import { describeValue } from '../errors/describe-value.ts';

/**
 * A length of time: a number is **milliseconds**; an object names its units, and a `Temporal.Duration` without days,
 * weeks, months and years fits.
 *
 * @example
 * function poll(interval: Duration): AsyncIterable<void> {
 *   return every(interval);
 * }
 * poll(500);
 * poll({ seconds: 30 });
 * poll({ minutes: 1, seconds: 30 });
 */
export type Duration = number | DurationFields;

/**
 * A length of time by units, whose amounts are added.
 *
 * @example
 * const backup: DurationFields = { hours: 1, minutes: 30 };
 * await moveOnAfter(backup, () => sleep({ milliseconds: 5 }));
 */
export interface DurationFields {
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
}

/** The units in milliseconds. Units of the calendar have no fixed length. */
const UNITS = {
  years: undefined,
  months: undefined,
  weeks: undefined,
  days: undefined,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
  milliseconds: 1,
  microseconds: 1e-3,
  nanoseconds: 1e-6,
};

/**
 * The duration in milliseconds, checked.
 *
 * @param operation begins the text of the error: `'sleep()'`.
 * @throws {RangeError} when it is negative or NaN. @throws {TypeError} when it is not a duration.
 * @example
 * toMilliseconds({ seconds: 2, milliseconds: 500 }, 'pause()'); // 2500
 */
export function toMilliseconds(duration: Duration, operation: string): number {
  const milliseconds = typeof duration === 'number' ? duration : addUp(duration, operation);
  if (milliseconds >= 0) return milliseconds;
  throw new RangeError(
    `${operation}: the duration must be a non-negative number of milliseconds, but is ${milliseconds}`,
  );
}

function addUp(duration: DurationFields, operation: string): number {
  let sum: number | undefined;
  for (const [unit, factor] of Object.entries(UNITS)) {
    const amount = (duration as Readonly<Record<string, unknown>> | null)?.[unit];
    if (amount === undefined) continue;
    if (typeof amount !== 'number') {
      throw new TypeError(`${operation}: ${unit} must be a number, not ${describeValue(amount)}`);
    }
    if (factor !== undefined) sum = (sum ?? 0) + amount * factor;
    else if (amount !== 0) {
      throw new RangeError(`${operation}: a duration in ${unit} has no fixed length; give hours or smaller units`);
    }
  }
  if (sum !== undefined) return sum;
  throw new TypeError(
    `${operation}: a duration is a number of milliseconds or { hours, minutes, seconds, milliseconds }, not ${describeValue(duration)}`,
  );
}

/** @throws {RangeError} when it is NaN. @throws {TypeError} when it is not a number. */
export function requireInstant(deadline: number, operation: string): number {
  const isNumber = typeof deadline === 'number';
  if (isNumber && !Number.isNaN(deadline)) return deadline;
  throw new (isNumber ? RangeError : TypeError)(
    `${operation}: a deadline is an instant of currentTime(), in milliseconds, not ${describeValue(deadline)}`,
  );
}
