/** How a value that was not meant is named in an error's text: as it is, but for objects and functions. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'function' || (typeof value === 'object' && value !== null) ? typeof value : String(value);
}
