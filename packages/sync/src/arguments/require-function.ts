/** @throws {TypeError} when it is not a function, for instance a promise that a function has returned already. */
export function requireFunction(value: unknown, text: string): void {
  if (typeof value !== 'function') throw new TypeError(text);
}
