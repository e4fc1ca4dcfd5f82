/** The text of what a wait is called, which foreign code may have made. Never throws. */
export function textOf(what: unknown): string {
  try {
    return String(what);
  } catch {
    return 'an operation without a description';
  }
}
