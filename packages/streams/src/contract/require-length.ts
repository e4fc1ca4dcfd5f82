/**
 * Checks a number of bytes.
 *
 * @throws {TypeError} when it is not an integer. @throws {RangeError} when it is less than `least`.
 */
export function requireLength(length: number, operation: string, least: 0 | 1): void {
  if (!Number.isInteger(length)) {
    throw new TypeError(`${operation}: the number of bytes must be an integer, not ${describe(length)}`);
  }
  if (length < least)
    throw new RangeError(`${operation}: the number of bytes must be at least ${least}, not ${length}`);
}

function describe(length: unknown): string {
  return typeof length === 'number' ? String(length) : typeof length;
}
