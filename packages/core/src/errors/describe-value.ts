/** Describes a wrong value in the text of an error: the value itself, or its type for objects and functions. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'function' || (typeof value === 'object' && value !== null) ? typeof value : String(value);
}
