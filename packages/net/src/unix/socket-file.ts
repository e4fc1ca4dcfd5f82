import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { connectSocket } from '../connecting/connect-socket.ts';
import { isSystemError } from '../addresses/connection-failed-error.ts';

/**
 * The file of a listening Unix socket.
 *
 * Node deletes the path that a server was bound to when the server closes, also when another process has put its own
 * socket there meanwhile. So a server is bound to a random name and gets its permissions there. Then it gets a link with
 * the real name, which fails if that name is taken. The link may be deleted if it still is the same file.
 */
export class SocketFile {
  /** The path that the server is bound to. */
  readonly bindPath: string;
  // In full, because the process may change its folder before the file is deleted.
  readonly #path: string;
  readonly #bound: string;
  #identity: string | undefined = undefined;

  constructor(path: string) {
    // No longer than the path itself, whose length has been checked, if that is possible.
    const room = Math.max(4, Math.min(16, Buffer.byteLength(path) - Buffer.byteLength(dirname(path)) - 3));
    this.bindPath = join(dirname(path), `.${randomBytes(8).toString('hex').slice(0, room)}`);
    this.#path = resolve(path);
    this.#bound = resolve(this.bindPath);
  }

  /** Gives the bound socket its permissions and its name. @throws the error of the operating system, `EEXIST` when taken. */
  publish(mode: number | undefined): void {
    try {
      if (mode !== undefined) chmodSync(this.#bound, mode);
      this.#identity = identityOf(this.#bound);
      link(this.#bound, this.#path);
    } finally {
      unlinkIfThere(this.#bound);
    }
  }

  /** Deletes the file, if it is still that of the server. */
  remove(): void {
    if (this.#identity !== undefined && identityOf(this.#path) === this.#identity) unlinkIfThere(this.#path);
    this.#identity = undefined;
  }
}

/**
 * Deletes a socket file that has been left behind by a process that is gone. A checkpoint.
 *
 * @returns whether the path is free now; false when a process listens there, or when the file is not a socket.
 */
export async function removeStaleSocket(socketPath: string): Promise<boolean> {
  const path = resolve(socketPath);
  const before = identityOf(path);
  if (before === undefined) return true;
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return false;
  try {
    (await connectSocket({ path: socketPath })).destroy();
    return false;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === 'ENOENT') return true;
    if (error.code !== 'ECONNREFUSED') return false;
  }
  // Another process may have done the same meanwhile, and may listen there now.
  if (identityOf(path) === before) unlinkIfThere(path);
  return true;
}

function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    // There are file systems without links.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
    if (identityOf(to) !== undefined) throw Object.assign(error as Error, { code: 'EEXIST' });
    renameSync(from, to);
  }
}

function identityOf(path: string): string | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
