import type { BigIntStats } from 'node:fs';
import { isSystemError } from '../pool/fs-error.ts';
import { fchmod, fchown, fstat } from '../steps/node-calls.ts';
import type { Steps } from '../steps/steps.ts';

const SET_ID = 0o6000;

/**
 * Gives a new file the owner, the group and the permissions of the file that it will replace.
 *
 * @param mode if given, the permissions to use in place of the old ones.
 */
export function* adoptOwnerAndMode(fd: number, old: BigIntStats | undefined, mode: number | undefined): Steps<void> {
  let wanted = mode;
  if (old !== undefined) {
    const own = yield* fstat(fd);
    const foreign = own.uid !== old.uid || own.gid !== old.gid;
    const adopted = !foreign || (yield* adoptOwner(fd, old));
    // If the owner differs, setuid and setgid would let the file run as another user than before.
    wanted ??= Number(old.mode) & 0o7777 & (adopted ? ~0 : ~SET_ID);
  }
  // After chown, which clears some bits. Explicitly, because the umask applies to new files.
  if (wanted !== undefined) yield* fchmod(fd, wanted);
}

/**
 * Sets owner and group, or only the group. Only root may give files away; other users may choose among their own groups.
 *
 * @returns whether owner and group are the same now.
 */
function* adoptOwner(fd: number, { uid, gid }: BigIntStats): Steps<boolean> {
  try {
    yield* fchown(fd, Number(uid), Number(gid));
    return true;
  } catch (error) {
    if (!isSystemError(error, 'EPERM', 'EINVAL')) throw error;
  }
  try {
    yield* fchown(fd, -1, Number(gid));
  } catch (error) {
    if (!isSystemError(error, 'EPERM', 'EINVAL')) throw error;
  }
  return false;
}
