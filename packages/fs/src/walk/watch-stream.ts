import { basename, dirname } from 'node:path';
import { lstat, readdirSync, statSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { sleep } from '@tercet/core';
import type { Duration } from '@tercet/core';
import { runOutside, suspend, toMilliseconds } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import { childText } from '../path/child-text.ts';
import { isAbsent } from '../path/operate.ts';
import { decodePath, nativePath } from '../path/path-bytes.ts';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import { explain } from '../pool/fs-error.ts';
import { inPool } from '../pool/in-pool.ts';
import type { PoolOptions } from '../pool/pool-limiter.ts';
import { Stream } from './stream.ts';

/**
 * What has happened. `changed` is content, permissions, or another file in its place; a renamed file is `removed` and
 * `created`. After an `overflow` events are missing: look at the directory anew.
 */
export type WatchEvent<P> =
  { readonly type: 'created' | 'changed' | 'removed'; readonly path: P } | { readonly type: 'overflow' };

/** For `watch`. */
export interface WatchOptions extends PoolOptions {
  /** Whether everything below the directory counts, at any depth. By default only what is in it. */
  readonly recursive?: boolean;
  /** Events are given out when none has come for so long; by default 50 ms. They wait no longer than ten times that. */
  readonly debounce?: Duration;
  /** So many paths with events wait at most, by default 1 024; when there are more comes an `overflow`. */
  readonly bufferSize?: number;
}

const MOST_ROUNDS = 10;

/**
 * The events of a path.
 *
 * The system tells no more than that a name has come, gone or changed. So the names are collected, and when it is quiet
 * each is looked at: the events are what is different now. All of that happens in the task that asks for the next one;
 * the watcher's callback only notes names.
 */
export class WatchStream<P> extends Stream<WatchEvent<P>> {
  readonly #path: string;
  readonly #make: (path: string) => P;
  readonly #options: WatchOptions;
  readonly #debounce: number;
  readonly #bufferSize: number;
  readonly #known: Set<string> = new Set();
  /** The directory that is watched, and the name in it, if only that counts: a file may be replaced by another. */
  #directory: string;
  #only: string | undefined = undefined;
  #watcher: FSWatcher | undefined = undefined;
  #failure: unknown = undefined;
  #pending = new Map<string, boolean>();
  #overflow = false;
  #count = 0;
  #waker: Waker<void> | undefined = undefined;
  #events: WatchEvent<P>[] = [];
  #gone = false;

  constructor(path: string, make: (path: string) => P, options: WatchOptions = {}) {
    super();
    this.#path = this.#directory = path;
    this.#make = make;
    this.#options = options;
    this.#debounce = toMilliseconds(options.debounce ?? 50, 'watch()');
    this.#bufferSize = options.bufferSize ?? 1024;
    if (!(this.#bufferSize >= 1)) {
      throw new RangeError(`watch(): the bufferSize must be at least 1, but is ${this.#bufferSize}`);
    }
    try {
      this.#start();
    } catch (error) {
      this.#failure = error;
    }
  }

  #start(): void {
    const stats = statSync(nativePath(this.#path), { throwIfNoEntry: false });
    if (stats?.isDirectory() !== true) {
      this.#directory = dirname(this.#path);
      this.#only = basename(this.#path);
    }
    const recursive = this.#only === undefined && this.#options.recursive === true;
    const target = nativePath(this.#directory);
    // Outside: the watcher must not keep the context of the task that asked for it.
    const watcher = runOutside(() => watch(target, { recursive, encoding: 'buffer' }));
    this.#watcher = watcher;
    watcher.on('change', (kind, name) => this.#note(kind === 'rename', name));
    watcher.on('error', (error) => {
      this.#failure = error;
      this.#wake();
    });
    this.#learn(recursive);
  }

  /** Which names there are: so that a name that comes can be told from one that is replaced. */
  #learn(recursive: boolean): void {
    this.#known.clear();
    const directory = nativePath(this.#directory);
    // Node cannot list a whole tree as bytes.
    const names = recursive ? readdirSync(directory, { recursive }) : readdirSync(directory, 'buffer').map(decodePath);
    for (const name of names) this.#known.add(String(name));
  }

  #note(renamed: boolean, bytes: string | Buffer | null): void {
    this.#count++;
    if (bytes === null) {
      this.#overflow = true;
      return this.#wake();
    }
    const name = typeof bytes === 'string' ? bytes : decodePath(bytes);
    if (this.#only !== undefined && name !== this.#only) return;
    if (this.#pending.has(name) || this.#pending.size < this.#bufferSize) {
      this.#pending.set(name, renamed || this.#pending.get(name) === true);
    } else {
      this.#overflow = true;
    }
    this.#wake();
  }

  #wake(): void {
    const waker = this.#waker;
    this.#waker = undefined;
    waker?.wake();
  }

  protected override async produce(): Promise<WatchEvent<P> | undefined> {
    if (this.#events.length > 0) await checkpointHere('watch()');
    while (this.#events.length === 0) {
      if (this.#failure !== undefined) throw explain(this.#failure, `watch ${this.#path}`);
      if (this.#gone) return undefined;
      if (this.#pending.size === 0 && !this.#overflow) await this.#change();
      await this.#quiet();
      await this.#compare();
    }
    return this.#events.shift();
  }

  #change(): Promise<void> {
    return suspend<void>(`a change of ${this.#path}`, (waker) => {
      this.#waker = waker;
      return () => {
        this.#waker = undefined;
        return 'succeeded';
      };
    });
  }

  async #quiet(): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const before = this.#count;
      await sleep(this.#debounce);
      if (this.#count === before) return;
    }
  }

  async #compare(): Promise<void> {
    const pending = this.#pending;
    this.#pending = new Map();
    const names = [...pending.keys()];
    const paths = names.map((name) => childText(this.#directory, name));
    let there: boolean[];
    try {
      // The directory itself is the last: when it has gone there is nothing left to watch.
      there = await whichExist([...paths, this.#directory], `look at ${this.#path}`, this.#options);
    } catch (error) {
      for (const [name, renamed] of pending) this.#pending.set(name, renamed || this.#pending.get(name) === true);
      throw error;
    }
    for (const [i, name] of names.entries()) {
      this.#report(name, paths[i] as string, there[i] as boolean, pending.get(name) === true);
    }
    if (this.#overflow) {
      this.#overflow = false;
      this.#events.push({ type: 'overflow' });
    }
    if (there.at(-1) !== true) {
      this.#gone = true;
      if (this.#only === undefined) this.#events.push({ type: 'removed', path: this.#make(this.#path) });
    }
  }

  #report(name: string, path: string, exists: boolean, renamed: boolean): void {
    const known = this.#known.has(name);
    if (exists) {
      this.#known.add(name);
      this.#events.push({ type: renamed && !known ? 'created' : 'changed', path: this.#make(path) });
    } else if (this.#known.delete(name)) {
      this.#events.push({ type: 'removed', path: this.#make(path) });
    }
  }

  protected override release(): Promise<void> {
    this.#watcher?.close();
    return Promise.resolve();
  }
}

function whichExist(paths: readonly string[], attempted: string, options: PoolOptions): Promise<boolean[]> {
  return inPool<boolean[]>(
    attempted,
    (done) => {
      const there: boolean[] = [];
      const next = (): void => {
        if (there.length === paths.length) return done(null, there);
        lstat(nativePath(paths[there.length] as string), (error) => {
          if (error !== null && !isAbsent(error)) return done(error);
          there.push(error === null);
          next();
        });
      };
      next();
    },
    options,
  );
}
