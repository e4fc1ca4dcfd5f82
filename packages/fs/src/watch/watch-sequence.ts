import { statSync } from 'node:fs';
import { sleep } from '@tercet/core';
import type { Duration } from '@tercet/core';
import { suspend, toMilliseconds } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import { absoluteText } from '../operations/absolute-text.ts';
import { nativePath } from '../lexical/path-bytes.ts';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import { explain } from '../pool/fs-error.ts';
import type { FsError } from '../pool/fs-error.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { Sequence } from '../sequences/sequence.ts';
import { WatchedFile } from './watched-file.ts';
import { WatchedTree } from './watched-tree.ts';
import type { Finding, Watched } from './watched.ts';

/**
 * A change of a watched path. `changed`: the content, the permissions, or another file in its place. A renamed file is `removed`
 * and `created`. After an `overflow`, events have been lost: read the directory again.
 *
 * @example
 * const show = (event: WatchEvent<Path>): string =>
 *   event.type === 'overflow' ? 'some events are lost: read the directory again' : `${event.type}: ${event.path.name}`;
 * show({ type: 'created', path: new Path('notes.txt') }); // 'created: notes.txt'
 */
export type WatchEvent<P> =
  { readonly type: 'created' | 'changed' | 'removed'; readonly path: P } | { readonly type: 'overflow' };

/**
 * The options of `Path.watch`.
 *
 * @example
 * await using folder = await Path.temporary();
 * const options: WatchOptions = { recursive: true, debounce: 5, onError: (error) => console.warn(error.message) };
 * await openNursery((nursery) => {
 *   nursery.startSoon(async () => {
 *     for await (const event of folder.path.watch(options)) {
 *       console.log(event.type);
 *       nursery.cancelScope.cancel();
 *     }
 *   });
 *   nursery.startSoon(async () => {
 *     await sleep(20);
 *     await folder.path.join('notes.txt').writeText('milk');
 *   });
 * });
 */
export interface WatchOptions extends ThreadPoolOptions {
  /** Whether to watch the directories below as well, at any depth. Links are not followed. False by default. */
  readonly recursive?: boolean;
  /** Events are returned once none has come for this long: 50 ms by default. They wait ten times as long at most. */
  readonly debounce?: Duration;
  /** How many paths with events are kept at most, 1024 by default. If there are more, the loop gets an `overflow`. */
  readonly bufferSize?: number;
  /** Called for each directory below this one that may not be read. Such directories are skipped, even without this option. */
  readonly onError?: (error: FsError) => void;
}

const MOST_ROUNDS = 10;

/**
 * The events of a path.
 *
 * The system reports only that an entry was created, removed or changed. So the entries are noted, and examined when no more
 * events come: the differences are the events for the loop. The task that asks for the next event does that; the callbacks
 * of the watchers only note entries.
 */
export class WatchSequence<P> extends Sequence<WatchEvent<P>> {
  readonly #path: string;
  readonly #make: (path: string) => P;
  readonly #options: WatchOptions;
  readonly #debounce: number;
  #watched: Watched | undefined = undefined;
  #failure: unknown = undefined;
  #waker: Waker<void> | undefined = undefined;
  #findings: Finding[] = [];
  #closed = false;

  constructor(path: string, make: (path: string) => P, options: WatchOptions = {}) {
    super();
    const { recursive = false, debounce = 50, bufferSize = 1024 } = options;
    this.#path = path;
    this.#make = make;
    this.#options = options;
    this.#debounce = toMilliseconds(debounce, 'watch()');
    if (!(bufferSize >= 1)) throw new RangeError(`watch(): the bufferSize must be at least 1, but is ${bufferSize}`);
    const notify = (): void => this.#wake();
    const place = absoluteText(path);
    try {
      this.#watched =
        statSync(nativePath(place), { throwIfNoEntry: false })?.isDirectory() === true
          ? new WatchedTree(place, path, { ...options, recursive, bufferSize, notify })
          : new WatchedFile(place, path, options, notify);
    } catch (error) {
      this.#failure = error;
    }
  }

  #wake(): void {
    const waker = this.#waker;
    this.#waker = undefined;
    waker?.wake();
  }

  protected override async produce(): Promise<WatchEvent<P> | undefined> {
    const watched = this.#watched;
    if (watched === undefined) throw explain(this.#failure, `watch ${this.#path}`);
    this.#reportRefused(watched);
    if (this.#findings.length > 0) await checkpointHere('watch()');
    while (this.#findings.length === 0) {
      if (watched.gone || this.#closed) return undefined;
      if (!watched.restless) await this.#change();
      if (this.#closed) return undefined;
      await this.#quiet(watched);
      if (this.#closed) return undefined;
      this.#findings = await this.#look(watched);
      this.#reportRefused(watched);
    }
    const finding = this.#findings.shift() as Finding;
    return finding.type === 'overflow' ? finding : { type: finding.type, path: this.#make(finding.path) };
  }

  #reportRefused(watched: Watched): void {
    for (const error of watched.refused()) this.#options.onError?.(error);
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

  async #quiet(watched: Watched): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const before = watched.count;
      await sleep(this.#debounce);
      if (watched.count === before) return;
    }
  }

  async #look(watched: Watched): Promise<Finding[]> {
    try {
      return await watched.look();
    } catch (error) {
      throw explain(error, `watch ${this.#path}`);
    }
  }

  protected override release(): Promise<void> {
    this.#closed = true;
    this.#watched?.close();
    this.#wake();
    return Promise.resolve();
  }
}
