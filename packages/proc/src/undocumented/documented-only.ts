/**
 * Whether only what Node documents may be used: `TERCET_DOCUMENTED_ONLY=1` in the environment. What Node does not document
 * is looked for before it is used; this is for those who do not want to rely on it, and for measuring what it is worth.
 */
export const documentedOnly: boolean = process.env['TERCET_DOCUMENTED_ONLY'] === '1';
