import type { BigIntStats } from 'node:fs';
import { isSystemError } from '../pool/fs-error.ts';
import { fchmod, fchown, fstat } from '../steps/node-calls.ts';
import type { Steps } from '../steps/steps.ts';

const SET_ID = 0o6000;

/**
 * Gives a new file the owner, the group and the permissions of the one that it will replace.
 *
 * @param mode the permissions it gets instead, if any.
 */
export function* adoptOwnerAndMode(fd: number, old: BigIntStats | undefined, mode: number | undefined): Steps<void> {
  let wanted = mode;
  if (old !== undefined) {
    const own = yield* fstat(fd);
    const foreign = own.uid !== old.uid || own.gid !== old.gid;
    const adopted = !foreign || (yield* adoptOwner(fd, old));
    // Without the same owner it must not run as somebody else than the old one did.
    wanted ??= Number(old.mode) & 0o7777 & (adopted ? ~0 : ~SET_ID);
  }
  // After the owner, since a change of that takes away some; and the umask counts for new files only.
  if (wanted !== undefined) yield* fchmod(fd, wanted);
}

/** @returns whether the owner is the same now. Only root may give files away, and others their own to a group of theirs. */
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
