import { statSync } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { nativePath } from '../lexical/path-bytes.ts';
import { inSteps, isAbsent } from '../operations/operate.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { stat } from '../steps/node-calls.ts';
import type { Steps } from '../steps/steps.ts';
import { pathDependencies } from './path-dependencies.ts';
import type { Place } from './path-dependencies.ts';
import { isSameName } from './same-name.ts';
import { watchDirectory, watchIfAllowed } from './watched.ts';
import type { Finding, Watched } from './watched.ts';

/**
 * A file, watched by its path. It may be replaced, or not exist yet, and any part of its path may be a link. So not the file
 * itself is watched, but every directory with an entry that the path depends on.
 */
export class WatchedFile implements Watched {
  count = 0;
  restless = false;
  gone = false;
  readonly #path: string;
  /** The path for events and errors. */
  readonly #shown: string;
  readonly #options: ThreadPoolOptions;
  readonly #notify: () => void;
  /** The entries that the path depended on when the watchers were made. */
  #places: readonly Place[] = [];
  #watchers: FSWatcher[] = [];
  /** Whether the file existed at the last look. */
  #known: boolean;
  /** Whether a watched directory may have been replaced by another one, so that the watchers have to be made again. */
  #moved = false;

  /** @param path the absolute path. @param shown the path for events. @throws when its directory cannot be watched. */
  constructor(path: string, shown: string, options: ThreadPoolOptions, notify: () => void) {
    this.#path = path;
    this.#shown = shown;
    this.#options = options;
    this.#notify = notify;
    this.#watch();
    this.#known = statSync(nativePath(path), { throwIfNoEntry: false }) !== undefined;
  }

  refused(): [] {
    return [];
  }

  #watch(): void {
    const places = pathDependencies(this.#path);
    const own = { directory: dirname(this.#path), name: basename(this.#path) };
    const namesIn = new Map([[own.directory, [own.name]]]);
    for (const { directory, name } of places) namesIn.set(directory, [...(namesIn.get(directory) ?? []), name]);
    const watchers: (FSWatcher | undefined)[] = [];
    for (const [directory, names] of namesIn) {
      const start = directory === own.directory ? watchDirectory : watchIfAllowed;
      watchers.push(
        start(directory, (name, renamed) => {
          const itself = name === undefined || (renamed && isSameName(name, basename(directory)));
          if (itself) this.#moved = true;
          if (itself || names.some((each) => isSameName(each, name))) this.#note();
        }),
      );
    }
    this.close();
    this.#watchers = watchers.filter((watcher) => watcher !== undefined);
    this.#places = places;
  }

  #note(): void {
    this.count++;
    this.restless = true;
    this.#notify();
  }

  async look(): Promise<Finding[]> {
    this.restless = false;
    // Watches first and looks afterwards, so that no change is missed in between.
    const there = this.#watchAgain() && (await this.#isThere());
    const known = this.#known;
    this.#known = there;
    if (!there && !known) return [];
    return [{ type: !there ? 'removed' : known ? 'changed' : 'created', path: this.#shown }];
  }

  /** Makes new watchers if necessary. @returns false if the directory of the file has been removed. */
  #watchAgain(): boolean {
    const places = pathDependencies(this.#path);
    if (!this.#moved && JSON.stringify(places) === JSON.stringify(this.#places)) return true;
    this.#moved = false;
    try {
      this.#watch();
    } catch (error) {
      if (!isAbsent(error)) throw error;
      this.gone = true;
    }
    return !this.gone;
  }

  #isThere(): Promise<boolean> {
    return inSteps<boolean>(`look at ${this.#shown}`, isThere(this.#path), this.#options);
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }
}

function* isThere(path: string): Steps<boolean> {
  try {
    yield* stat(nativePath(path));
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
