/**
 * True for an `Error` or `DOMException` of any realm. `instanceof Error` is false for errors of another realm, for instance for
 * each error of Node while a test runner executes the program in a separate context.
 *
 * @example
 * const text = isError(reason) ? reason.message : String(reason);
 */
export function isError(value: unknown): value is Error {
  try {
    if (value instanceof Error) return true;
    if (typeof value !== 'object' || value === null) return false;
    const tag = Object.prototype.toString.call(value);
    return tag === '[object Error]' || tag === '[object DOMException]';
  } catch {
    // A proxy may refuse both questions.
    return false;
  }
}

/**
 * Describes an error in the text of another one: `TypeError: boom`, or the value when it is not an error. Never throws.
 *
 * @example
 * console.warn(`the handler has failed: ${describeError(error)}`);
 */
export function describeError(error: unknown): string {
  try {
    if (!isError(error)) return `a thrown ${typeof error}: ${String(error)}`;
    // Converted to text, since they may be of any type in a foreign error.
    const { name, message } = error;
    return message === '' ? `${name}` : `${name}: ${message}`;
  } catch {
    return `a thrown ${typeof error}`;
  }
}
