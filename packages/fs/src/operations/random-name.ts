import { randomBytes } from 'node:crypto';

/** A name that is almost certainly not in use. The caller must create the file exclusively, to be sure. */
export function randomName(prefix: string, suffix: string): string {
  return prefix + randomBytes(9).toString('base64url') + suffix;
}
