/**
 * Accepts a whole number from zero on, or Infinity.
 *
 * @param what what the number is, for the error: `'openMemoryChannel(): maxBufferSize'`.
 * @throws {TypeError} when it is not a whole number. @throws {RangeError} when it is negative.
 */
export function requireCount(value: number, what: string): number {
  if (value !== Infinity && !Number.isInteger(value)) {
    throw new TypeError(
      `${what} must be a whole number or Infinity, not ${typeof value === 'number' ? value : `a value of type ${typeof value}`}`,
    );
  }
  if (value < 0) throw new RangeError(`${what} must not be negative, as ${value} is`);
  return value;
}
