import { statSync } from 'node:fs';
import { moveOnAfter } from '@tercet/core';
import { suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import { nativePath } from '../lexical/path-bytes.ts';
import { isAbsent } from '../operations/operate.ts';
import { isSystemError } from '../pool/fs-error.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { WatchedFile } from '../watch/watched-file.ts';
import { watchDirectory } from '../watch/watched.ts';
import { identityOf } from './tailed-file.ts';

/** How often to look at a file that cannot be watched: milliseconds. */
const POLL = 250;

/** Watches something until it is closed. */
interface Watching {
  /** Watches what is there now, if that has changed. Throws, or returns false, when it cannot be watched any more. */
  renew(): Promise<boolean>;
  close(): void;
}

/**
 * Reports that a file may have changed. The system reports it; where it cannot, because the folder does not exist, may not be
 * read, or no more watchers are allowed, a clock does.
 */
export class FileChanges {
  /** The number of events so far. */
  count = 0;
  readonly #path: string;
  readonly #watch: () => Watching;
  /** There unless the file cannot be watched. */
  #watching: Watching | undefined = undefined;
  #waker: Waker<void> | undefined = undefined;
  #closed = false;

  private constructor(path: string, watch: (notify: () => void) => Watching) {
    this.#path = path;
    this.#watch = () => watch(this.#notify);
    this.#begin();
  }

  /** Of the file at a path, whichever it is. @param path absolute. */
  static ofName(path: string, options: ThreadPoolOptions): FileChanges {
    return new FileChanges(path, (notify) => {
      const watched = new WatchedFile(path, path, options, notify);
      const renew = async (): Promise<boolean> => {
        if (watched.restless) await watched.look();
        return !watched.gone;
      };
      return { renew, close: () => watched.close() };
    });
  }

  /** Of the file that has this identity and is at the path now, also when it is renamed. */
  static ofFile(path: string, identity: string): FileChanges {
    return new FileChanges(path, (notify) => {
      // Windows watches the folder, and looks for the name.
      const isByName = process.platform === 'win32';
      const watcher = isByName ? undefined : watchDirectory(path, notify);
      const isRight = watcher !== undefined && isAt(path, identity);
      if (!isRight) watcher?.close();
      return { renew: async () => isRight, close: () => watcher?.close() };
    });
  }

  readonly #notify = (): void => {
    this.count++;
    this.#wake();
  };

  #wake(): void {
    const waker = this.#waker;
    this.#waker = undefined;
    waker?.wake();
  }

  /** Watches again if necessary and possible. To be called before the file is looked at. May be a checkpoint. */
  async renew(): Promise<void> {
    if (this.#watching === undefined) return this.#begin();
    try {
      if (await this.#watching.renew()) return;
    } catch (error) {
      if (!cannotBeWatched(error)) throw error;
    }
    this.#watching?.close();
    this.#watching = undefined;
  }

  #begin(): void {
    if (this.#closed) return;
    try {
      this.#watching = this.#watch();
    } catch (error) {
      if (!cannotBeWatched(error)) throw error;
    }
  }

  /** Waits until there have been more than `seen` events, or it is time to look again. A checkpoint. */
  async wait(seen: number): Promise<void> {
    if (this.#watching !== undefined) await this.#event(seen);
    else await moveOnAfter(POLL, () => this.#event(seen));
  }

  #event(seen: number): Promise<void> {
    return suspend<void>(`more lines of ${this.#path}`, (waker) => {
      if (this.count > seen || this.#closed) waker.wake();
      else this.#waker = waker;
      return () => {
        this.#waker = undefined;
        return 'succeeded';
      };
    });
  }

  /** Wakes the task that waits, too. */
  close(): void {
    this.#closed = true;
    this.#watching?.close();
    this.#watching = undefined;
    this.#wake();
  }
}

/** Whether an error says that the system will not report changes here, or not now. */
function cannotBeWatched(error: unknown): boolean {
  return isAbsent(error) || isSystemError(error, 'EACCES', 'EPERM', 'ENOSPC', 'EMFILE', 'ENFILE', 'ENOSYS', 'ENOTSUP');
}

function isAt(path: string, identity: string): boolean {
  const stats = statSync(nativePath(path), { bigint: true, throwIfNoEntry: false });
  return stats !== undefined && identityOf(stats) === identity;
}
