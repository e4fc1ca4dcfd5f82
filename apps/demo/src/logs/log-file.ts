import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { abortable, shielded } from '@tercet/core';
import { wrapFile, type BinaryFile, type Path } from '@tercet/fs';

/** The mode of jobd's folders. Jobs write passwords and tokens, which only their user may read. */
export const privateFolder = 0o700;
const privateFile = 0o600;

const buffering = 64 * 1024;
const { O_WRONLY, O_APPEND, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Opens a log for appending, and creates it if it does not exist. Only its user can read it. If there is something else in its
 * place, it is not written to: a link is not followed, and a pipe or a device is refused.
 *
 * @param empty whether to empty it.
 */
export async function openLogFile(
  path: Path,
  empty = false,
): Promise<{ readonly file: BinaryFile; readonly size: number }> {
  const name = path.toString();
  // Shielded: if it were cancelled half-way, the file would never be closed.
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
    // Without O_NONBLOCK, opening a FIFO waits for a reader.
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

/** Has the code of the system for a link that must not be followed. */
function refused(name: string, what: string, cause?: unknown): Error {
  return Object.assign(new Error(`ELOOP: the log ${name} is ${what}, and not written to`, { cause }), {
    code: 'ELOOP',
  });
}
