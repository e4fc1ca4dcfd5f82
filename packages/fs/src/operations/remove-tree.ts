import { constants, existsSync } from 'node:fs';
import {
  close,
  chmod,
  fchmod,
  fstat,
  lstat,
  open,
  readdir,
  rm,
  rmdir,
  unlink,
  unlinkAll,
} from '../steps/node-calls.ts';
import { rest } from '../steps/steps.ts';
import type { Steps } from '../steps/steps.ts';
import { aboutPath, isSystemError, systemError } from '../pool/fs-error.ts';
import { childText } from '../lexical/child-text.ts';
import { decodePath, nativePath } from '../lexical/path-bytes.ts';
import { unlockTree } from './unlock-tree.ts';

/** How to remove a tree. */
export interface RemoveTreeOptions {
  /** Whether to change the permissions of folders that do not allow removal. For trees that this program has made. */
  readonly unlock?: boolean;
}

/** A folder that is being emptied. It is not kept open while a folder in it is emptied: at most two descriptors are open. */
interface Folder {
  readonly path: string;
  /** Its name in the parent folder. */
  readonly name: Buffer;
  /** Entries that were not tried yet. */
  readonly names: Buffer[];
  /** Entries that are known to be folders. */
  readonly folders: Buffer[];
  /** Device and inode, to recognise the folder when it is opened again. */
  readonly dev: bigint;
  readonly ino: bigint;
  /** How often another process has changed its entries meanwhile. */
  surprises: number;
}

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** A flag of Linux that Node does not name: opens a descriptor without any permission on the file. */
const O_PATH = 0o10000000;
/** How many files are removed at a time. */
const BATCH = 32;
/** If another process adds entries to a folder while it is emptied, it is emptied again, this many times at most. */
const MOST_SURPRISES = 100;

/**
 * Removes a file, or a folder with everything in it.
 *
 * The danger is another process that can write to the tree. After this has looked at a folder, and before it removes the entries,
 * the other process may replace the folder by a link; the removal would then go on wherever the link leads. So nothing is
 * reached by its path. Each folder is opened without following links, and its entries are named relative to the descriptor.
 * That is what `unlinkat` is for; Linux lets Node do the same through `/proc/self/fd`. On the way back up, the parent must be
 * the folder that it was on the way down. Python's `shutil.rmtree` uses the same defence. Links in the given path itself are
 * followed.
 *
 * On other systems this is Node's `rm`, which can be led outside the tree.
 */
export function* removeTree(path: string, options: RemoveTreeOptions = {}): Steps<void> {
  if (process.platform === 'linux' && existsSync('/proc/self/fd')) yield* new TreeRemoval(options).remove(path);
  else yield* removeByPath(path, options.unlock === true);
}

function* removeByPath(path: string, unlocks: boolean): Steps<void> {
  try {
    return yield* rm(nativePath(path));
  } catch (error) {
    if (!unlocks || !isSystemError(error, 'EACCES', 'EPERM')) throw error;
  }
  yield* unlockTree(path);
  yield* rm(nativePath(path));
}

class TreeRemoval {
  readonly #unlocks: boolean;
  /** The folders from the root of the tree down to the current one. */
  readonly #folders: Folder[] = [];
  /** A descriptor of the current folder; -1 before there is one. */
  #fd = -1;

  constructor(options: RemoveTreeOptions) {
    this.#unlocks = options.unlock === true;
  }

  *remove(path: string): Steps<void> {
    try {
      const native = Buffer.from(nativePath(path));
      if (!(yield* lstat(native)).isDirectory()) return yield* unlink(native);
      for (let surprises = 0; !(yield* this.#removeIfEmpty(native)); surprises++) {
        if (surprises > MOST_SURPRISES) throw notEmpty(path);
        yield* this.#enter(native, native, path, surprises);
        while (this.#folders.length > 0) yield* this.#emptyOne();
      }
    } finally {
      if (this.#fd !== -1) yield* close(this.#fd);
    }
  }

  /** Removes the entries of the current folder. Enters the first folder in it that is not empty; at the end, goes back up. */
  *#emptyOne(): Steps<void> {
    const folder = this.#folders.at(-1) as Folder;
    while (folder.names.length > 0) yield* this.#unlinkSome(folder);
    for (let name = folder.folders.pop(); name !== undefined; name = folder.folders.pop()) {
      yield* rest();
      const path = childText(folder.path, decodePath(name));
      try {
        if (yield* this.#removeIfEmpty(this.#at(name))) continue;
        return yield* this.#enter(this.#at(name), name, path, 0);
      } catch (error) {
        if (isSystemError(error, 'ENOENT')) continue;
        // It was a folder before, and another process has replaced it by a link or a file.
        const replaced = isSystemError(error, 'ENOTDIR', 'ELOOP');
        if (!replaced || folder.surprises++ >= MOST_SURPRISES) throw aboutPath(error, path);
        yield* this.#unlinkOne(folder, name);
      }
    }
    yield* this.#leave(folder);
  }

  *#unlinkSome(folder: Folder): Steps<void> {
    yield* rest();
    const names = folder.names.splice(-BATCH);
    const errors = yield* unlinkAll(names.map((name) => this.#at(name)));
    for (const [i, name] of names.entries()) {
      if (isSystemError(errors[i], 'EISDIR')) folder.folders.push(name);
      else if (errors[i] && !isSystemError(errors[i], 'ENOENT')) yield* this.#unlinkOne(folder, name);
    }
  }

  /** Removes one file, after unlocking the folder if necessary. */
  *#unlinkOne(folder: Folder, name: Buffer): Steps<void> {
    try {
      yield* this.#unlocked(() => unlink(this.#at(name)));
    } catch (error) {
      if (isSystemError(error, 'EISDIR')) folder.folders.push(name);
      else if (!isSystemError(error, 'ENOENT')) throw aboutPath(error, childText(folder.path, decodePath(name)));
    }
  }

  /** @returns false if the folder is not empty. */
  *#removeIfEmpty(path: Buffer): Steps<boolean> {
    try {
      yield* this.#unlocked(() => rmdir(path));
      return true;
    } catch (error) {
      if (isSystemError(error, 'ENOTEMPTY', 'EEXIST')) return false;
      throw error;
    }
  }

  /** Removes an entry of the current folder. If the folder does not allow that, changes its permissions and tries again. */
  *#unlocked(removal: () => Steps<void>): Steps<void> {
    try {
      return yield* removal();
    } catch (error) {
      if (!this.#unlocks || this.#fd === -1 || !isSystemError(error, 'EACCES', 'EPERM')) throw error;
    }
    yield* fchmod(this.#fd, 0o700);
    yield* removal();
  }

  *#enter(native: Buffer, name: Buffer, path: string, surprises: number): Steps<void> {
    const fd = yield* this.#open(native);
    try {
      const { dev, ino } = yield* fstat(fd);
      const names = yield* readdir(`/proc/self/fd/${fd}`);
      this.#folders.push({ path, name, names, folders: [], dev, ino, surprises });
    } catch (error) {
      yield* close(fd);
      throw aboutPath(error, path);
    }
    yield* this.#turnTo(fd);
  }

  *#open(native: Buffer): Steps<number> {
    try {
      return yield* open(native, DIRECTORY);
    } catch (error) {
      if (!this.#unlocks || !isSystemError(error, 'EACCES')) throw error;
    }
    // Changes the mode through a descriptor: at the path there may be a link by now, which must not be followed.
    const fd = yield* open(native, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      yield* chmod(`/proc/self/fd/${fd}`, 0o700);
    } finally {
      yield* close(fd);
    }
    return yield* open(native, DIRECTORY);
  }

  /** Goes back to the parent folder, and removes the one that was emptied. */
  *#leave(emptied: Folder): Steps<void> {
    this.#folders.pop();
    const above = this.#folders.at(-1);
    if (above === undefined) return;
    const fd = yield* open(`/proc/self/fd/${this.#fd}/..`, DIRECTORY);
    const { dev, ino } = yield* fstat(fd);
    yield* this.#turnTo(fd);
    if (dev !== above.dev || ino !== above.ino) {
      throw systemError('ENOENT', 'another process moved the folder during its removal', 'rmdir', emptied.path);
    }
    const { name, path, surprises } = emptied;
    try {
      if (yield* this.#removeIfEmpty(this.#at(name))) return;
      if (surprises >= MOST_SURPRISES) throw notEmpty(path);
      yield* this.#enter(this.#at(name), name, path, surprises + 1);
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw aboutPath(error, path);
    }
  }

  *#turnTo(fd: number): Steps<void> {
    const left = this.#fd;
    this.#fd = fd;
    if (left !== -1) yield* close(left);
  }

  #at(name: Buffer): Buffer {
    return Buffer.concat([Buffer.from(`/proc/self/fd/${this.#fd}/`), name]);
  }
}

function notEmpty(path: string): Error {
  return systemError('ENOTEMPTY', 'directory not empty', 'rmdir', path);
}
