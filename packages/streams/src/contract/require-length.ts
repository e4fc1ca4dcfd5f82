import { describeType } from './describe-type.ts';

/**
 * Checks an argument that is a number of bytes.
 *
 * @throws {TypeError} when it is not an integer. @throws {RangeError} when it is less than `least`.
 */
export function requireLength(length: number, operation: string, least: 0 | 1): void {
  if (!Number.isInteger(length)) {
    const given = typeof length === 'number' ? String(length) : describeType(length);
    throw new TypeError(`${operation}: the number of bytes must be an integer, not ${given}`);
  }
  if (length < least)
    throw new RangeError(`${operation}: the number of bytes must be at least ${least}, not ${length}`);
}
