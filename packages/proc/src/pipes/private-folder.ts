import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes a folder for pipes that have a name, which only this user can enter. Any parent will do. So this falls back to others
 * when TMPDIR is missing, not writable, or has too long a path.
 *
 * @param purpose what needs it, for the error. @param fits whether a path in it is short enough.
 * @throws the system's error when there is no usable folder.
 */
export function makePrivateFolder(purpose: string, fits: (folder: string) => boolean = () => true): string {
  const errors: unknown[] = [];
  for (const parent of new Set([tmpdir(), '/tmp', '/dev/shm'])) {
    // mkdtemp appends six characters.
    if (!fits(join(parent, 'tercet-xxxxxx'))) continue;
    try {
      return mkdtempSync(join(parent, 'tercet-'));
    } catch (error) {
      errors.push(error);
    }
  }
  const [cause] = errors as NodeJS.ErrnoException[];
  throw Object.assign(
    new Error(`${purpose} needs a folder for temporary files, and found none it can write to`, { cause }),
    {
      code: cause?.code,
      errno: cause?.errno,
      syscall: cause?.syscall,
      path: tmpdir(),
    },
  );
}
