import type { FSWatcher } from 'node:fs';
import { basename } from 'node:path';
import { childText } from '../lexical/child-text.ts';
import { inSteps, isAbsent } from '../operations/operate.ts';
import { explain, FsError, isSystemError } from '../pool/fs-error.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { performSync } from '../steps/steps.ts';
import { identityOf, lookAtAll, takeSnapshot } from './directory-snapshot.ts';
import type { EntryStats, DirectorySnapshot } from './directory-snapshot.ts';
import { watchLinks } from './watch-links.ts';
import { watchDirectory } from './watched.ts';
import type { Finding, Watched } from './watched.ts';

/** How to watch a directory. */
export interface TreeWatching extends ThreadPoolOptions {
  readonly recursive: boolean;
  /** The largest number of paths to be looked at, and of findings in one look. */
  readonly bufferSize: number;
  /** Called for each event, in a callback of the system. */
  readonly notify: () => void;
}

/** A watched directory. */
interface Folder {
  readonly path: string;
  /** The path for events. */
  readonly shown: string;
  readonly watcher: FSWatcher;
  /** See `identityOf`. */
  identity: string;
  /** The entries that were there at the last look. */
  readonly names: Set<string>;
  /** True after an event of the directory itself: another one may have taken its place. */
  suspect: boolean;
}

/** An entry with an event that was not looked at yet. */
interface Noted {
  readonly folder: Folder;
  readonly name: string;
  renamed: boolean;
}

/** A directory that is not watched yet. */
interface Unwatched {
  readonly path: string;
  readonly shown: string;
}

/** How many directories are added synchronously, at the beginning. The first look adds the rest in the pool. */
const AT_ONCE = 256;
/** How far the clock of a file system may be behind, in milliseconds. */
const COARSE = 20;

/**
 * A watched directory or tree. Links are not followed, except for those on the way to the top.
 *
 * Implementation details:
 * - **Each directory has a watcher.** Node's recursive watching lists the whole tree in one blocking step, and fails for names
 *   that are not UTF-8.
 * - **Watch first, list afterwards.** So no change is missed in between.
 * - **Events are only noted** (`#pending`, `suspect`). `look` examines the noted entries and compares them with `names`.
 * - **Large trees** are listed in part at the beginning. The rest may change before the first look lists it. If anything there
 *   has changed since the beginning, the look reports an overflow.
 * - **Replaced directories**: an event that names the directory itself makes it a suspect. If its identity has changed, the
 *   entries of both directories are compared; at the top, that is an overflow.
 */
export class WatchedTree implements Watched {
  count = 0;
  gone = false;
  readonly #top: Unwatched;
  readonly #options: TreeWatching;
  /** When watching began, in milliseconds since 1970, by the slowest clock. */
  readonly #since: number;
  /** The watched directories, by path. */
  readonly #folders = new Map<string, Folder>();
  /** The watchers of links on the way to the top. */
  #links: FSWatcher[] = [];
  /** Entries to be looked at, by path. */
  #pending = new Map<string, Noted>();
  /** Directories to be watched. */
  #unwatched: Unwatched[] = [];
  #refused: FsError[] = [];
  /** Whether the next look must report an overflow. */
  #overflow = false;
  /** Whether any folder is a suspect. */
  #suspects = false;
  /** The findings of the current look. */
  #findings: Finding[] = [];
  #closed = false;

  /** @throws when the directory itself cannot be watched. */
  constructor(path: string, shown: string, options: TreeWatching) {
    this.#top = { path, shown };
    this.#options = options;
    this.#since = Date.now() - COARSE;
    try {
      this.#watchLinks();
      this.#unwatched = [this.#top];
      for (let i = 0; i < AT_ONCE && this.#unwatched.length > 0; i++)
        this.#addNow(this.#unwatched.shift() as Unwatched);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get restless(): boolean {
    return this.#pending.size > 0 || this.#overflow || this.#suspects || this.#unwatched.length > 0;
  }

  refused(): FsError[] {
    return this.#refused.splice(0);
  }

  close(): void {
    this.#closed = true;
    for (const { watcher } of this.#folders.values()) watcher.close();
    for (const watcher of this.#links) watcher.close();
    this.#folders.clear();
    this.#links = [];
  }

  #watchLinks(): void {
    const watchers = watchLinks(this.#top.path, () => this.#suspectTop());
    for (const watcher of this.#links) watcher.close();
    this.#links = watchers;
  }

  #suspectTop(): void {
    const top = this.#folders.get(this.#top.path);
    if (top !== undefined) top.suspect = true;
    this.#suspects = true;
    this.#notify();
  }

  #notify(): void {
    this.count++;
    this.#options.notify();
  }

  #begin({ path, shown }: Unwatched): Folder {
    const folder: Folder = {
      path,
      shown,
      watcher: watchDirectory(path, (name, renamed) => this.#note(folder, name, renamed)),
      identity: '',
      names: new Set(),
      suspect: false,
    };
    return folder;
  }

  #note(folder: Folder, name: string | undefined, renamed: boolean): void {
    if (name === undefined || (renamed && name === basename(folder.path))) this.#suspects = folder.suspect = true;
    if (name !== undefined) {
      const path = childText(folder.path, name);
      const noted = this.#pending.get(path);
      if (noted !== undefined) noted.renamed ||= renamed;
      else if (this.#pending.size < this.#options.bufferSize) this.#pending.set(path, { folder, name, renamed });
      else this.#overflow = true;
    }
    this.#notify();
  }

  #addNow(unwatched: Unwatched): void {
    this.#skipIfRefused(unwatched, () => {
      const folder = this.#begin(unwatched);
      try {
        this.#learn(folder, performSync(takeSnapshot(unwatched.path)));
      } catch (error) {
        folder.watcher.close();
        throw error;
      }
    });
  }

  async #add(unwatched: Unwatched, since?: number): Promise<DirectorySnapshot | undefined> {
    let folder: Folder | undefined;
    try {
      folder = this.#begin(unwatched);
      const found = await inSteps<DirectorySnapshot>(
        `list ${unwatched.shown}`,
        takeSnapshot(unwatched.path, since),
        this.#options,
      );
      this.#learn(folder, found);
      return found;
    } catch (error) {
      folder?.watcher.close();
      this.#skipIfRefused(unwatched, () => {
        throw error;
      });
      return undefined;
    }
  }

  /** Skips a directory that has been removed or may not be read. Other errors, such as a limit of the system, are thrown. */
  #skipIfRefused(unwatched: Unwatched, add: () => void): void {
    try {
      add();
    } catch (error) {
      if (unwatched.path === this.#top.path || !(isAbsent(error) || isSystemError(error, 'EACCES', 'EPERM')))
        throw error;
      if (!isAbsent(error)) this.#refused.push(explain(error, `watch ${unwatched.shown}`) as FsError);
    }
  }

  #learn(folder: Folder, { identity, names, directories }: DirectorySnapshot): void {
    if (this.#closed) return folder.watcher.close();
    folder.identity = identity;
    for (const name of names) folder.names.add(name);
    this.#folders.set(folder.path, folder);
    if (!this.#options.recursive) return;
    for (const name of directories) this.#unwatched.push(this.#below(folder, name));
  }

  #below(folder: Unwatched, name: string): Unwatched {
    return { path: childText(folder.path, name), shown: childText(folder.shown, name) };
  }

  async look(): Promise<Finding[]> {
    this.#findings = [];
    const pending = this.#pending;
    this.#pending = new Map();
    // Does nothing if all directories were added at the beginning.
    await this.#addRest(this.#since);
    if (this.#suspects) await this.#lookAtSuspects(pending);
    await this.#lookAtNames(pending);
    if (this.#overflow) {
      this.#overflow = false;
      this.#findings.push({ type: 'overflow' });
    }
    if (this.gone) this.#findings.push({ type: 'removed', path: this.#top.shown });
    return this.#findings;
  }

  async #addRest(since?: number): Promise<void> {
    for (let next = this.#unwatched.shift(); next !== undefined; next = this.#unwatched.shift()) {
      if (this.#closed) return;
      const found = await this.#add(next, since);
      if (found?.touched === true) this.#overflow = true;
    }
  }

  async #lookAtSuspects(pending: ReadonlyMap<string, Noted>): Promise<void> {
    this.#suspects = false;
    const suspects = [...this.#folders.values()].filter(({ suspect }) => suspect);
    for (const folder of suspects) {
      folder.suspect = false;
      // It may have been forgotten meanwhile, together with a directory above it.
      if (this.#folders.get(folder.path) !== folder) continue;
      const [own, child] = await this.#lookAt([`${folder.path}/.`, childText(folder.path, basename(folder.path))]);
      if (own === 'hidden') continue;
      if (own === undefined) {
        if (folder.path === this.#top.path) this.gone = true;
        continue;
      }
      const name = basename(folder.path);
      const isOfChild = pending.has(childText(folder.path, name)) && (child !== undefined || folder.names.has(name));
      if (identityOf(own) !== folder.identity || !isOfChild) await this.#replace(folder);
    }
  }

  /** Another directory has taken the place of this one. */
  async #replace(folder: Folder): Promise<void> {
    const { path, shown } = folder;
    if (path === this.#top.path) {
      this.#watchLinks();
      this.#forget(path);
      await this.#add(this.#top);
      await this.#addRest();
      this.#overflow = true;
      return;
    }
    const before = this.#forget(path);
    const after = await this.#discover({ path, shown });
    for (const each of before) if (!after.has(each)) this.#find('removed', each);
    for (const each of after) this.#find(before.has(each) ? 'changed' : 'created', each);
  }

  /** Stops watching a directory and all below it. @returns the paths of their entries, for events. */
  #forget(path: string): Set<string> {
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

  /** Begins to watch a new directory and all below it. @returns the paths of their entries, for events. */
  async #discover(unwatched: Unwatched): Promise<Set<string>> {
    const discovered = new Set<string>();
    this.#unwatched.push(unwatched);
    for (let next = this.#unwatched.shift(); next !== undefined; next = this.#unwatched.shift()) {
      const found = await this.#add(next);
      for (const name of found?.names ?? []) discovered.add(childText(next.shown, name));
    }
    return discovered;
  }

  async #lookAtNames(pending: ReadonlyMap<string, Noted>): Promise<void> {
    const noted = [...pending.values()].filter(({ folder }) => this.#folders.get(folder.path) === folder);
    const found = await this.#lookAt(noted.map(({ folder, name }) => childText(folder.path, name)));
    for (const [i, each] of noted.entries()) await this.#report(each, found[i]);
  }

  #lookAt(paths: readonly string[]): Promise<EntryStats[]> {
    return inSteps<EntryStats[]>(`look at ${this.#top.shown}`, lookAtAll(paths), this.#options);
  }

  async #report({ folder, name, renamed }: Noted, stats: EntryStats): Promise<void> {
    const { path, shown } = this.#below(folder, name);
    const known = folder.names.has(name);
    if (stats === undefined) {
      folder.names.delete(name);
      if (known) this.#find('removed', shown);
    } else {
      folder.names.add(name);
      this.#find(renamed && !known ? 'created' : 'changed', shown);
    }
    const watched = this.#folders.get(path);
    if (stats === 'hidden') return;
    if (watched !== undefined && (stats === undefined || identityOf(stats) !== watched.identity)) {
      for (const each of this.#forget(path)) this.#find('removed', each);
    }
    if (!this.#options.recursive || stats?.isDirectory() !== true || this.#folders.has(path)) return;
    const discovered = await this.#discover({ path, shown });
    // After a change of permissions, the entries of a directory may become visible, but they are not new.
    if (renamed) for (const each of discovered) this.#find('created', each);
  }

  #find(type: 'created' | 'changed' | 'removed', path: string): void {
    if (this.#findings.length < this.#options.bufferSize) this.#findings.push({ type, path });
    else this.#overflow = true;
  }
}
