import { randomBytes } from 'node:crypto';

/** A name that nobody else has chosen, with any luck; whoever makes the file checks. */
export function randomName(prefix: string, suffix: string): string {
  return prefix + randomBytes(9).toString('base64url') + suffix;
}
