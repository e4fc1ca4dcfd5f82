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

/** How a directory is watched. */
export interface TreeWatching extends ThreadPoolOptions {
  readonly recursive: boolean;
  /** The largest number of paths that wait, and of events in one look. */
  readonly bufferSize: number;
  /** Called for each event, from the system's callback. */
  readonly notify: () => void;
}

/** A directory that is watched. */
interface Folder {
  readonly path: string;
  /** The path as it is called in events. */
  readonly shown: string;
  readonly watcher: FSWatcher;
  identity: string;
  readonly names: Set<string>;
  /** The system has told something of the directory itself: it may be another one now, under the same name. */
  suspect: boolean;
}

/** A name about which the system has told something. */
interface Noted {
  readonly folder: Folder;
  readonly name: string;
  renamed: boolean;
}

/** A directory of the tree that is still to be watched. */
interface Untaken {
  readonly path: string;
  readonly shown: string;
}

/** This many directories are taken in at once, blocking; the others step by step, by the first look. */
const AT_ONCE = 256;
/** The clock of a file system may be behind by as much, in milliseconds. */
const COARSE = 20;

/**
 * A directory, or all that is below it. Each directory is watched alone, since Node's own recursive watching lists the whole
 * tree in one step, and knows no names that are not UTF-8. Links are not followed, but for those on the way to the top.
 *
 * What is in a directory is listed when its watching has begun, so nothing is missed in between. A tree of which only a part
 * could be listed at once may change before its turn comes: whatever has changed since then is an overflow.
 */
export class WatchedTree implements Watched {
  count = 0;
  gone = false;
  readonly #top: Untaken;
  readonly #options: TreeWatching;
  readonly #since: number;
  readonly #folders = new Map<string, Folder>();
  #links: FSWatcher[] = [];
  #pending = new Map<string, Noted>();
  #untaken: Untaken[] = [];
  #refused: FsError[] = [];
  #overflow = false;
  #suspects = false;
  #findings: Finding[] = [];
  #closed = false;

  /** @throws when the directory itself cannot be watched. */
  constructor(path: string, shown: string, options: TreeWatching) {
    this.#top = { path, shown };
    this.#options = options;
    this.#since = Date.now() - COARSE;
    try {
      this.#watchLinks();
      this.#untaken = [this.#top];
      for (let i = 0; i < AT_ONCE && this.#untaken.length > 0; i++) this.#takeInNow(this.#untaken.shift() as Untaken);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get restless(): boolean {
    return this.#pending.size > 0 || this.#overflow || this.#suspects || this.#untaken.length > 0;
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

  #begin({ path, shown }: Untaken): Folder {
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

  #takeInNow(untaken: Untaken): void {
    this.#mayBeRefused(untaken, () => {
      const folder = this.#begin(untaken);
      try {
        this.#learn(folder, performSync(takeSnapshot(untaken.path)));
      } catch (error) {
        folder.watcher.close();
        throw error;
      }
    });
  }

  async #takeIn(untaken: Untaken, since?: number): Promise<DirectorySnapshot | undefined> {
    let folder: Folder | undefined;
    try {
      folder = this.#begin(untaken);
      const found = await inSteps<DirectorySnapshot>(
        `list ${untaken.shown}`,
        takeSnapshot(untaken.path, since),
        this.#options,
      );
      this.#learn(folder, found);
      return found;
    } catch (error) {
      folder?.watcher.close();
      this.#mayBeRefused(untaken, () => {
        throw error;
      });
      return undefined;
    }
  }

  /** One that may not be read, or has gone, is left out; all else, such as a limit of the system, is an error. */
  #mayBeRefused(untaken: Untaken, takeIn: () => void): void {
    try {
      takeIn();
    } catch (error) {
      if (untaken.path === this.#top.path || !(isAbsent(error) || isSystemError(error, 'EACCES', 'EPERM'))) throw error;
      if (!isAbsent(error)) this.#refused.push(explain(error, `watch ${untaken.shown}`) as FsError);
    }
  }

  #learn(folder: Folder, { identity, names, directories }: DirectorySnapshot): void {
    if (this.#closed) return folder.watcher.close();
    folder.identity = identity;
    for (const name of names) folder.names.add(name);
    this.#folders.set(folder.path, folder);
    if (!this.#options.recursive) return;
    for (const name of directories) this.#untaken.push(this.#below(folder, name));
  }

  #below(folder: Untaken, name: string): Untaken {
    return { path: childText(folder.path, name), shown: childText(folder.shown, name) };
  }

  async look(): Promise<Finding[]> {
    this.#findings = [];
    const pending = this.#pending;
    this.#pending = new Map();
    // Where all was taken in at once there is nothing to be taken in late.
    await this.#takeInRest(this.#since);
    if (this.#suspects) await this.#lookAtSuspects(pending);
    await this.#lookAtNames(pending);
    if (this.#overflow) {
      this.#overflow = false;
      this.#findings.push({ type: 'overflow' });
    }
    if (this.gone) this.#findings.push({ type: 'removed', path: this.#top.shown });
    return this.#findings;
  }

  async #takeInRest(since?: number): Promise<void> {
    for (let next = this.#untaken.shift(); next !== undefined; next = this.#untaken.shift()) {
      if (this.#closed) return;
      const found = await this.#takeIn(next, since);
      if (found?.touched === true) this.#overflow = true;
    }
  }

  async #lookAtSuspects(pending: ReadonlyMap<string, Noted>): Promise<void> {
    this.#suspects = false;
    const suspects = [...this.#folders.values()].filter(({ suspect }) => suspect);
    for (const folder of suspects) {
      folder.suspect = false;
      // It may have gone with one above it meanwhile.
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

  /** Another directory stands where this one stood. */
  async #replace(folder: Folder): Promise<void> {
    const { path, shown } = folder;
    if (path === this.#top.path) {
      this.#watchLinks();
      this.#forget(path);
      await this.#takeIn(this.#top);
      await this.#takeInRest();
      this.#overflow = true;
      return;
    }
    const before = this.#forget(path);
    const after = await this.#discover({ path, shown });
    for (const each of before) if (!after.has(each)) this.#find('removed', each);
    for (const each of after) this.#find(before.has(each) ? 'changed' : 'created', each);
  }

  /** Stops watching a directory and all below it. @returns what was in it, as it is called in events. */
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

  /** Begins to watch a directory that is new. @returns what is in it, at any depth. */
  async #discover(untaken: Untaken): Promise<Set<string>> {
    const discovered = new Set<string>();
    this.#untaken.push(untaken);
    for (let next = this.#untaken.shift(); next !== undefined; next = this.#untaken.shift()) {
      const found = await this.#takeIn(next);
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
    // What one may only look into by now was there before.
    if (renamed) for (const each of discovered) this.#find('created', each);
  }

  #find(type: 'created' | 'changed' | 'removed', path: string): void {
    if (this.#findings.length < this.#options.bufferSize) this.#findings.push({ type, path });
    else this.#overflow = true;
  }
}
