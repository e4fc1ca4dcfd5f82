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

/** How a tree is removed. */
export interface RemoveTreeOptions {
  /** Whether folders that may not be changed are made changeable: for those that belong to this program anyway. */
  readonly unlock?: boolean;
}

/** A folder that is being emptied. It is entered again on the way back, so only two descriptors are open at a time. */
interface Folder {
  readonly path: string;
  /** What it is called in the folder above. */
  readonly name: Buffer;
  /** What is left to be removed in it: what has not been tried yet, and what is known to be a folder. */
  readonly names: Buffer[];
  readonly folders: Buffer[];
  readonly dev: bigint;
  readonly ino: bigint;
  /** How often somebody else has changed what is in it. */
  surprises: number;
}

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Linux, which Node has no name for: a descriptor that needs no permission on what it stands for. */
const O_PATH = 0o10000000;
/** How many files are removed at a time. */
const BATCH = 32;
/** Others may put something into a folder while it is emptied. This often they are followed, then it is an error. */
const MOST_SURPRISES = 100;

/**
 * Removes whatever is there, with all that is in it.
 *
 * The danger is another process that can write to the tree: between a look at a folder and the removal of what is in it,
 * that folder can be replaced by a link, and the removal goes on wherever the link leads. So nothing here is reached by a
 * path: each folder is opened without following links, and all that is in it is named relative to its descriptor, as
 * `unlinkat` does it, which Linux lets Node do through `/proc/self/fd`. On the way back up the folder must be the one it
 * was left for. Python's `shutil.rmtree` defends itself in the same way. Only the path given is followed as it is.
 *
 * Elsewhere it is Node's `rm`, which can be led outside.
 */
export function* removeTree(path: string, options: RemoveTreeOptions = {}): Steps<void> {
  if (process.platform === 'linux' && existsSync('/proc/self/fd')) yield* new TreeRemoval(options).remove(path);
  else yield* rm(nativePath(path));
}

class TreeRemoval {
  readonly #unlocks: boolean;
  /** From the root down to the one at hand, which `#fd` stands for. */
  readonly #folders: Folder[] = [];
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

  /** Removes what is in the folder at hand, as far as its first folder that is not empty, and goes there; or goes back up. */
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
        // It was a folder a moment ago, and is a link or a file now.
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

  /** Tries once more, alone, with the permission to do so. */
  *#unlinkOne(folder: Folder, name: Buffer): Steps<void> {
    try {
      yield* this.#unlocked(() => unlink(this.#at(name)));
    } catch (error) {
      if (isSystemError(error, 'EISDIR')) folder.folders.push(name);
      else if (!isSystemError(error, 'ENOENT')) throw aboutPath(error, childText(folder.path, decodePath(name)));
    }
  }

  /** @returns false when it is a folder that is not empty. */
  *#removeIfEmpty(path: Buffer): Steps<boolean> {
    try {
      yield* this.#unlocked(() => rmdir(path));
      return true;
    } catch (error) {
      if (isSystemError(error, 'ENOTEMPTY', 'EEXIST')) return false;
      throw error;
    }
  }

  /** Does what needs permission to change the folder at hand; if that is missing, gives it and tries again. */
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
    // Its mode must be changed without following a link that may stand there by now.
    const fd = yield* open(native, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      yield* chmod(`/proc/self/fd/${fd}`, 0o700);
    } finally {
      yield* close(fd);
    }
    return yield* open(native, DIRECTORY);
  }

  /** Back to the folder above, and removes the one that has been emptied. */
  *#leave(emptied: Folder): Steps<void> {
    this.#folders.pop();
    const above = this.#folders.at(-1);
    if (above === undefined) return;
    const fd = yield* open(`/proc/self/fd/${this.#fd}/..`, DIRECTORY);
    const { dev, ino } = yield* fstat(fd);
    yield* this.#turnTo(fd);
    if (dev !== above.dev || ino !== above.ino) {
      throw systemError('ENOENT', 'somebody has moved the folder while it was removed', 'rmdir', emptied.path);
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
