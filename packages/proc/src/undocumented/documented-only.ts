/**
 * Whether `TERCET_DOCUMENTED_ONLY=1` is set in the environment: then nothing in this folder is used. The switch is for users
 * who do not want to rely on undocumented parts of Node, and for measuring what each of them brings.
 */
export const documentedOnly: boolean = process.env['TERCET_DOCUMENTED_ONLY'] === '1';
