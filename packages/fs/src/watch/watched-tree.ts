import type { FSWatcher } from 'node:fs';
import { basename } from 'node:path';
import { childText } from '../lexical/child-text.ts';
import { inSteps } from '../operations/operate.ts';
import type { FsError } from '../pool/fs-error.ts';
import { identityOf, lookAtAll } from './directory-snapshot.ts';
import type { EntryStats } from './directory-snapshot.ts';
import { ignoresCase, isSameName } from './same-name.ts';
import { watchLinks } from './watch-links.ts';
import { placeIn, WatchedFolders } from './watched-folders.ts';
import type { Folder, FolderOptions, Place } from './watched-folders.ts';
import type { Finding, Watched } from './watched.ts';

/** How to watch a directory. */
export interface TreeWatching extends FolderOptions {
  /** The largest number of paths to be looked at, and of findings in one look. */
  readonly bufferSize: number;
  /** Called for each event, in a callback of the system. */
  readonly notify: () => void;
}

/** An entry with an event that was not looked at yet. */
interface Noted {
  readonly folder: Folder;
  readonly name: string;
  renamed: boolean;
}

/** How many directories are added synchronously, at the beginning. The first look adds the rest in the pool. */
const AT_ONCE = 256;
/** How far the clock of a file system may be behind, in milliseconds. */
const COARSE = 20;

/**
 * A watched directory or tree. Links are not followed, except for those on the way to the top.
 *
 * Implementation details:
 * - **Each directory has a watcher** (`WatchedFolders`). Node's recursive watching on Linux lists the whole tree in one blocking
 *   step, and fails for names that are not UTF-8. Where the system itself watches trees, `watchAsOne` uses that.
 * - **Events are only noted** (`#pending`, `suspect`). `look` examines the noted entries and compares them with the names that
 *   the folder had before.
 * - **Large trees** are listed in part at the beginning. The rest may change before the first look lists it. If anything there
 *   has changed since the beginning, the look reports an overflow.
 * - **Replaced directories**: an event that names the directory itself makes it a suspect. If its identity has changed, the
 *   entries of both directories are compared; at the top, that is an overflow.
 */
export class WatchedTree implements Watched {
  count = 0;
  gone = false;
  readonly #top: Place;
  readonly #options: TreeWatching;
  /** When watching began, in milliseconds since 1970, by the slowest clock. */
  readonly #since: number;
  readonly #folders: WatchedFolders;
  /** The watchers of links on the way to the top. */
  #links: FSWatcher[] = [];
  /** Entries to be looked at, by path. */
  #pending = new Map<string, Noted>();
  /** Whether the next look must report an overflow. */
  #overflow = false;
  /** Whether any folder is a suspect. */
  #suspects = false;
  /** The findings of the current look. */
  #findings: Finding[] = [];

  /** @throws when the directory itself cannot be watched. */
  constructor(path: string, shown: string, options: TreeWatching) {
    this.#top = { path, shown };
    this.#options = options;
    this.#since = Date.now() - COARSE;
    this.#folders = new WatchedFolders(this.#top, options, (folder, name, renamed) =>
      this.#note(folder, name, renamed),
    );
    try {
      this.#watchLinks();
      this.#folders.addNow(AT_ONCE);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get restless(): boolean {
    return this.#pending.size > 0 || this.#overflow || this.#suspects || this.#folders.isIncomplete;
  }

  refused(): FsError[] {
    return this.#folders.takeRefused();
  }

  close(): void {
    this.#folders.close();
    for (const watcher of this.#links) watcher.close();
    this.#links = [];
  }

  #watchLinks(): void {
    const watchers = watchLinks(this.#top.path, () => this.#suspectTop());
    for (const watcher of this.#links) watcher.close();
    this.#links = watchers;
  }

  #suspectTop(): void {
    const top = this.#folders.at(this.#top.path);
    if (top !== undefined) top.suspect = true;
    this.#suspects = true;
    this.#notify();
  }

  #note(folder: Folder, name: string | undefined, renamed: boolean): void {
    if (name === undefined || (renamed && isSameName(name, basename(folder.path))))
      this.#suspects = folder.suspect = true;
    if (name !== undefined) {
      const path = childText(folder.path, name);
      const noted = this.#pending.get(path);
      if (noted !== undefined) noted.renamed ||= renamed;
      else if (this.#pending.size < this.#options.bufferSize) this.#pending.set(path, { folder, name, renamed });
      else this.#overflow = true;
    }
    this.#notify();
  }

  #notify(): void {
    this.count++;
    this.#options.notify();
  }

  async look(): Promise<Finding[]> {
    this.#findings = [];
    const pending = this.#pending;
    this.#pending = new Map();
    // Does nothing if all directories were added at the beginning.
    if (await this.#folders.addRest(this.#since)) this.#overflow = true;
    if (this.#suspects) await this.#lookAtSuspects(pending);
    await this.#lookAtNames(pending);
    if (this.#overflow) {
      this.#overflow = false;
      this.#findings.push({ type: 'overflow' });
    }
    if (this.gone) this.#findings.push({ type: 'removed', path: this.#top.shown });
    return this.#findings;
  }

  async #lookAtSuspects(pending: ReadonlyMap<string, Noted>): Promise<void> {
    this.#suspects = false;
    for (const folder of this.#folders.suspects()) {
      folder.suspect = false;
      // It may have been forgotten meanwhile, together with a directory above it.
      if (!this.#folders.holds(folder)) continue;
      const [own, child] = await this.#lookAt([`${folder.path}/.`, childText(folder.path, basename(folder.path))]);
      if (own === 'hidden') continue;
      if (own === undefined) {
        if (folder.path === this.#top.path) this.gone = true;
        continue;
      }
      const name = basename(folder.path);
      const noted = pending.get(childText(folder.path, name)) ?? notedAs(name, folder, pending);
      const isOfChild = noted !== undefined && (child !== undefined || folder.names.has(noted.name));
      if (identityOf(own) !== folder.identity || !isOfChild) await this.#replace(folder);
    }
  }

  /** Another directory has taken the place of this one. */
  async #replace({ path, shown }: Folder): Promise<void> {
    if (path === this.#top.path) {
      this.#watchLinks();
      this.#folders.forget(path);
      await this.#folders.add(this.#top);
      await this.#folders.addRest();
      this.#overflow = true;
      return;
    }
    const before = this.#folders.forget(path);
    const after = await this.#folders.discover({ path, shown });
    for (const each of before) if (!after.has(each)) this.#find('removed', each);
    for (const each of after) this.#find(before.has(each) ? 'changed' : 'created', each);
  }

  async #lookAtNames(pending: ReadonlyMap<string, Noted>): Promise<void> {
    const noted = [...pending.values()].filter(({ folder }) => this.#folders.holds(folder));
    const found = await this.#lookAt(noted.map(({ folder, name }) => childText(folder.path, name)));
    for (const [i, each] of noted.entries()) await this.#report(each, found[i]);
  }

  #lookAt(paths: readonly string[]): Promise<EntryStats[]> {
    return inSteps<EntryStats[]>(`look at ${this.#top.shown}`, lookAtAll(paths), this.#options);
  }

  async #report({ folder, name, renamed }: Noted, stats: EntryStats): Promise<void> {
    const place = placeIn(folder, name);
    const known = folder.names.has(name);
    if (stats === undefined) {
      folder.names.delete(name);
      if (known) this.#find('removed', place.shown);
    } else {
      folder.names.add(name);
      // On Windows a directory changes with each entry that is created or removed in it.
      const isNoise = process.platform === 'win32' && known && !renamed && isDirectory(stats);
      if (!isNoise) this.#find(renamed && !known ? 'created' : 'changed', place.shown);
    }
    const watched = this.#folders.at(place.path);
    if (stats === 'hidden') return;
    if (watched !== undefined && (stats === undefined || identityOf(stats) !== watched.identity)) {
      for (const each of this.#folders.forget(place.path)) this.#find('removed', each);
    }
    if (!this.#options.recursive || !isDirectory(stats)) return;
    if (this.#folders.at(place.path) !== undefined) return;
    const discovered = await this.#folders.discover(place);
    // After a change of permissions, the entries of a directory may become visible, but they are not new.
    if (renamed) for (const each of discovered) this.#find('created', each);
  }

  #find(type: 'created' | 'changed' | 'removed', path: string): void {
    if (this.#findings.length < this.#options.bufferSize) this.#findings.push({ type, path });
    else this.#overflow = true;
  }
}

const isDirectory = (stats: EntryStats): boolean => typeof stats === 'object' && stats.isDirectory();

/** The noted entry of a folder that has this name in another spelling, where there are such. */
function notedAs(name: string, folder: Folder, pending: ReadonlyMap<string, Noted>): Noted | undefined {
  if (!ignoresCase()) return undefined;
  return [...pending.values()].find((noted) => noted.folder === folder && isSameName(noted.name, name));
}
