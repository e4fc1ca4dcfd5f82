/** The kind of a wrong argument, for an error: `null`, the class of an object, or the type of any other value. */
export function describeValue(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? (value.constructor?.name ?? 'an object') : typeof value;
}
