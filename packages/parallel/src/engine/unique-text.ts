import { randomBytes } from 'node:crypto';

/** Identifies this program: 72 random bits. */
const program = randomBytes(9).toString('base64url');
let count = 0;

/** Returns a text that no program has returned before. It is short, because each message about a job contains it. */
export function uniqueText(): string {
  return `${program}-${(count++).toString(36)}`;
}
