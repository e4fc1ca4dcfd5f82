import { childText } from '../lexical/child-text.ts';
import { inSteps, isAbsent } from '../operations/operate.ts';
import { explain, FsError, isSystemError } from '../pool/fs-error.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { performSync } from '../steps/steps.ts';
import { takeSnapshot } from './directory-snapshot.ts';
import type { DirectorySnapshot } from './directory-snapshot.ts';
import { canWatchAsOne, watchAsOne } from './watch-as-one.ts';
import type { StartWatcher } from './watch-as-one.ts';
import { watchDirectory } from './watched.ts';
import type { Watcher } from './watched.ts';

/** Where a directory or an entry is, and its path for events. */
export interface Place {
  readonly path: string;
  readonly shown: string;
}

/** A watched directory. */
export interface Folder extends Place {
  readonly watcher: Watcher;
  /** See `identityOf`. */
  identity: string;
  /** The entries that were there at the last look. */
  readonly names: Set<string>;
  /** True after an event of the directory itself: another one may have taken its place. */
  suspect: boolean;
}

/** Whether, and how, the directories below are watched too. */
export interface FolderOptions extends ThreadPoolOptions {
  readonly recursive: boolean;
}

/** Called for an event in a folder. Without a name, the event is about the folder itself. */
export type OnFolderEvent = (folder: Folder, name: string | undefined, renamed: boolean) => void;

/** The place of an entry of a directory. */
export function placeIn(directory: Place, name: string): Place {
  return { path: childText(directory.path, name), shown: childText(directory.shown, name) };
}

/**
 * The watched directories of a tree, and those that are still to be watched.
 *
 * Each directory is watched first and listed afterwards, so that no change in between is missed. A directory that has been
 * removed meanwhile, or may not be read, is skipped; but the top of the tree must be there.
 */
export class WatchedFolders {
  readonly #top: Place;
  readonly #options: FolderOptions;
  readonly #onEvent: OnFolderEvent;
  readonly #start: StartWatcher;
  readonly #folders = new Map<string, Folder>();
  /** Found in listings, and not watched yet. */
  #unwatched: Place[] = [];
  /** The errors of directories that were skipped because they may not be read. */
  #refused: FsError[] = [];
  #closed = false;

  constructor(top: Place, options: FolderOptions, onEvent: OnFolderEvent) {
    this.#top = top;
    this.#options = options;
    this.#onEvent = onEvent;
    this.#start = options.recursive && canWatchAsOne() ? watchAsOne(top.path) : watchDirectory;
  }

  /** Whether directories are left that `addRest` has to add. */
  get isIncomplete(): boolean {
    return this.#unwatched.length > 0;
  }

  at(path: string): Folder | undefined {
    return this.#folders.get(path);
  }

  /** Whether the folder is still watched. Another one may have its path. */
  holds(folder: Folder): boolean {
    return this.#folders.get(folder.path) === folder;
  }

  suspects(): Folder[] {
    return [...this.#folders.values()].filter(({ suspect }) => suspect);
  }

  takeRefused(): FsError[] {
    return this.#refused.splice(0);
  }

  close(): void {
    this.#closed = true;
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  /** Adds the top and up to `limit` directories below it, blocking the process. @throws the error of the top. */
  addNow(limit: number): void {
    this.#unwatched = [this.#top];
    for (let i = 0; i < limit && this.#unwatched.length > 0; i++) {
      const place = this.#unwatched.shift() as Place;
      this.#unlessRefused(place, () => {
        const folder = this.#watch(place);
        try {
          this.#learn(folder, performSync(takeSnapshot(place.path)));
        } catch (error) {
          folder.watcher.close();
          throw error;
        }
      });
    }
  }

  /** Adds a directory. @returns `undefined` if it was skipped. */
  async add(place: Place, since?: number): Promise<DirectorySnapshot | undefined> {
    let folder: Folder | undefined;
    try {
      folder = this.#watch(place);
      const steps = takeSnapshot(place.path, since);
      const found = await inSteps<DirectorySnapshot>(`list ${place.shown}`, steps, this.#options);
      this.#learn(folder, found);
      return found;
    } catch (error) {
      folder?.watcher.close();
      this.#unlessRefused(place, () => {
        throw error;
      });
      return undefined;
    }
  }

  /**
   * Adds the directories that have been found and are not watched yet, and all below them.
   *
   * @param since in milliseconds since 1970. @returns whether anything there has changed since then.
   */
  async addRest(since?: number): Promise<boolean> {
    let touched = false;
    for (let next = this.#unwatched.shift(); next !== undefined; next = this.#unwatched.shift()) {
      if (this.#closed) break;
      const found = await this.add(next, since);
      if (found?.touched === true) touched = true;
    }
    return touched;
  }

  /** Adds a new directory and all below it. @returns the paths of their entries, for events. */
  async discover(place: Place): Promise<Set<string>> {
    const discovered = new Set<string>();
    this.#unwatched.push(place);
    for (let next = this.#unwatched.shift(); next !== undefined; next = this.#unwatched.shift()) {
      const found = await this.add(next);
      for (const name of found?.names ?? []) discovered.add(childText(next.shown, name));
    }
    return discovered;
  }

  /** Stops watching a directory and all below it. @returns the paths of their entries, for events. */
  forget(path: string): Set<string> {
    const forgotten = new Set<string>();
    const begin = childText(path, '');
    for (const folder of this.#folders.values()) {
      if (folder.path !== path && !folder.path.startsWith(begin)) continue;
      folder.watcher.close();
      this.#folders.delete(folder.path);
      for (const name of folder.names) forgotten.add(childText(folder.shown, name));
    }
    return forgotten;
  }

  #watch({ path, shown }: Place): Folder {
    const folder: Folder = {
      path,
      shown,
      watcher: this.#start(path, (name, renamed) => this.#onEvent(folder, name, renamed)),
      identity: '',
      names: new Set(),
      suspect: false,
    };
    return folder;
  }

  #learn(folder: Folder, { identity, names, directories }: DirectorySnapshot): void {
    if (this.#closed) return folder.watcher.close();
    folder.identity = identity;
    for (const name of names) folder.names.add(name);
    this.#folders.set(folder.path, folder);
    if (!this.#options.recursive) return;
    for (const name of directories) this.#unwatched.push(placeIn(folder, name));
  }

  /** Skips a directory that has been removed or may not be read. Other errors, such as a limit of the system, are thrown. */
  #unlessRefused(place: Place, add: () => void): void {
    try {
      add();
    } catch (error) {
      if (place.path === this.#top.path || !(isAbsent(error) || isSystemError(error, 'EACCES', 'EPERM'))) throw error;
      if (!isAbsent(error)) this.#refused.push(explain(error, `watch ${place.shown}`) as FsError);
    }
  }
}
