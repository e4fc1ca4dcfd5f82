/**
 * A length of time: a number is **milliseconds**; an object names its units, and a `Temporal.Duration` without days,
 * weeks, months and years fits.
 */
export type Duration = number | DurationFields;

/** A length of time by units, which are added up. */
export interface DurationFields {
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
}

const UNITS = {
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
  milliseconds: 1,
  microseconds: 1e-3,
  nanoseconds: 1e-6,
};
const CALENDAR_UNITS = ['years', 'months', 'weeks', 'days'];

/**
 * The duration in milliseconds.
 *
 * @throws {RangeError} when it is negative or NaN. @throws {TypeError} when it is no duration at all.
 */
export function toMilliseconds(duration: Duration, operation: string): number {
  const milliseconds = typeof duration === 'number' ? duration : addUp(duration, operation);
  if (milliseconds >= 0) return milliseconds;
  throw new RangeError(
    `${operation}: the duration must be a non-negative number of milliseconds, but is ${milliseconds}`,
  );
}

function addUp(duration: DurationFields, operation: string): number {
  if (typeof duration !== 'object' || duration === null) {
    throw new TypeError(
      `${operation}: a duration is a number of milliseconds or { hours, minutes, seconds, milliseconds }, not ${describe(duration)}`,
    );
  }
  const fields = duration as Readonly<Record<string, unknown>>;
  for (const unit of CALENDAR_UNITS) {
    if (fields[unit] !== undefined && fields[unit] !== 0) {
      throw new RangeError(`${operation}: a duration in ${unit} has no fixed length; give hours or smaller units`);
    }
  }
  let sum = 0;
  let found = false;
  for (const [unit, factor] of Object.entries(UNITS)) {
    const amount = fields[unit];
    if (amount === undefined) continue;
    if (typeof amount !== 'number')
      throw new TypeError(`${operation}: ${unit} must be a number, not ${describe(amount)}`);
    found = true;
    sum += amount * factor;
  }
  if (!found) throw new TypeError(`${operation}: the duration names no unit; give { seconds: 2 }, for instance`);
  return sum;
}

/** @throws {RangeError} when it is NaN. @throws {TypeError} when it is no number. */
export function requireInstant(deadline: number, operation: string): number {
  if (typeof deadline !== 'number') {
    throw new TypeError(`${operation}: a deadline is a number, an instant of currentTime(), not ${describe(deadline)}`);
  }
  if (Number.isNaN(deadline)) throw new RangeError(`${operation}: the deadline must not be NaN`);
  return deadline;
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : value === null ? 'null' : typeof value;
}
