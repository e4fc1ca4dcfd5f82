import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { abortable, shielded } from '@tercet/core';
import { wrapFile, type BinaryFile, type Path } from '@tercet/fs';

/** For folders of jobd's: jobs write passwords and tokens, and nobody but their user is to read those. */
export const privateFolder = 0o700;
const privateFile = 0o600;

const buffering = 64 * 1024;
const { O_WRONLY, O_APPEND, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Opens a log to write at its end, and makes it when there is none. Only its user can read it. What has taken its place is
 * not written to: a link is not followed, and a pipe or a device is refused.
 *
 * @param empty whether what is in it goes.
 */
export async function openLogFile(
  path: Path,
  empty = false,
): Promise<{ readonly file: BinaryFile; readonly size: number }> {
  const name = path.toString();
  // In a shield: cancelled in the middle of it, nobody would close the file.
  return shielded(() =>
    abortable(async () => {
      const handle = await openRegular(name, empty ? O_TRUNC : 0);
      const { size } = await handle.stat();
      return { file: wrapFile(handle, 'ab', { name, buffering }), size };
    }),
  );
}

async function openRegular(name: string, moreFlags: number): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    // Without a reader, a pipe would be waited for.
    handle = await open(name, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | moreFlags, privateFile);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ELOOP' ? refused(name, 'a symbolic link', error) : error;
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw refused(name, 'not a regular file');
    if ((stats.mode & 0o077) !== 0) await handle.chmod(privateFile);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** With the code that the system has for a link which must not be followed. */
function refused(name: string, what: string, cause?: unknown): Error {
  return Object.assign(new Error(`ELOOP: the log ${name} is ${what}, and not written to`, { cause }), {
    code: 'ELOOP',
  });
}
