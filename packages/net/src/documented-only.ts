/**
 * Whether only what Node documents may be used: `TERCET_DOCUMENTED_ONLY=1` in the environment. What Node does not document
 * is tried out before it is used; this is for whoever does not want to rely on that, and for measuring what it is worth.
 */
export const documentedOnly: boolean = process.env['TERCET_DOCUMENTED_ONLY'] === '1';
