import { toMilliseconds } from '@tercet/core/lowlevel';
import type { Duration } from '@tercet/core';

/** @throws {TypeError} when it is not a function. */
export function requireFunction(operation: string, fn: unknown): void {
  if (typeof fn === 'function') return;
  const fix = isSectionLike(fn) ? '' : `, for instance ${operation}((item) => …)`;
  throw new TypeError(`${operation}() takes a function${fix}; not ${describe(fn)}`);
}

/** @throws {TypeError} when it is not a number. @throws {RangeError} when it is not an integer of at least `least`. */
export function requireCount(operation: string, name: string, value: unknown, least: number): number {
  if (typeof value !== 'number')
    throw new TypeError(`${operation}(): ${name} must be a number, not ${describe(value)}`);
  if (value === Infinity || (Number.isInteger(value) && value >= least)) return value;
  throw new RangeError(`${operation}(): ${name} must be an integer of at least ${least}, or Infinity; not ${value}`);
}

/** In milliseconds. @throws {RangeError} when it is not longer than nothing. */
export function requireTime(operation: string, name: string, duration: Duration): number {
  const milliseconds = toMilliseconds(duration, `${operation}(): ${name}`);
  if (milliseconds > 0) return milliseconds;
  throw new RangeError(`${operation}(): ${name} must be longer than 0 ms`);
}

function isSectionLike(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null || typeof value !== 'object') return String(value);
  return `an object of class ${Object.getPrototypeOf(value)?.constructor?.name ?? 'Object'}`;
}
