/** @throws {RangeError} when a file cannot be that large: Node would take a negative size for 0, and lose what is in the file. */
export function requireSize(size: number, operation: string): void {
  if (Number.isSafeInteger(size) && size >= 0) return;
  throw new RangeError(`${operation}: the size must be an integer, 0 or more, not ${String(size)}`);
}
