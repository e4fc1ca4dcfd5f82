const isAsked = process.env['TERCET_DOCUMENTED_ONLY'] === '1';
let isOnly = isAsked;

/**
 * Whether nothing in this folder may be used: `TERCET_DOCUMENTED_ONLY=1` in the environment. The switch is for users who do
 * not want to rely on undocumented parts of Node, and for measuring what each of them brings.
 */
export function isDocumentedOnly(): boolean {
  return isOnly;
}

/** Decides it in place of the environment, for tests. `undefined` leaves it to the environment. */
export function useDocumentedOnly(only: boolean | undefined): void {
  isOnly = only ?? isAsked;
}
