/**
 * True for an `Error` or `DOMException` of any realm. `instanceof Error` is false for errors of another realm, for
 * instance for every error that Node itself makes while a test runner executes the program in a context of its own.
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
 * How an error is named inside another one's text: `TypeError: boom`, or the value when it is not an error. Never throws,
 * whatever was thrown.
 */
export function describeError(error: unknown): string {
  try {
    if (!isError(error)) return `a thrown ${typeof error}: ${String(error)}`;
    // As text, whatever they are: a foreign error may have made anything of them.
    const { name, message } = error;
    return message === '' ? `${name}` : `${name}: ${message}`;
  } catch {
    return `a thrown ${typeof error}`;
  }
}
