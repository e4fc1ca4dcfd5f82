import { randomBytes } from 'node:crypto';

/** Of this program: 72 bits of chance. */
const program = randomBytes(9).toString('base64url');
let count = 0;

/** A text that no other program makes, and this one only once. Short: it is in each message about a job. */
export function uniqueText(): string {
  return `${program}-${(count++).toString(36)}`;
}
