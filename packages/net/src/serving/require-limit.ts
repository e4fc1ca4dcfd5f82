/** @throws {TypeError} when it is neither an integer nor Infinity. @throws {RangeError} when it is less than 1. */
export function requireLimit(name: string, limit: number, operation: string): void {
  if (!Number.isInteger(limit) && limit !== Infinity) {
    throw new TypeError(`${operation}: ${name} must be an integer or Infinity, not ${String(limit)}`);
  }
  if (limit < 1) throw new RangeError(`${operation}: ${name} must be at least 1, but is ${limit}`);
}
