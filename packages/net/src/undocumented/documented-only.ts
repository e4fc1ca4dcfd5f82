/**
 * Whether only what Node documents may be used: `TERCET_DOCUMENTED_ONLY=1` in the environment. What Node does not document
 * is tried out before it is used; this is for those who do not want to rely on that, and for measuring what it is worth.
 */
export let documentedOnly: boolean = process.env['TERCET_DOCUMENTED_ONLY'] === '1';

/** Decides it in place of the environment, for tests; `undefined` leaves it to the environment. */
export function useDocumentedOnly(only: boolean | undefined): void {
  documentedOnly = only ?? process.env['TERCET_DOCUMENTED_ONLY'] === '1';
}
