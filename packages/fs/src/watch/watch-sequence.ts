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
 * What has happened. `changed` is content, permissions, or another file in its place; a renamed file is `removed` and
 * `created`. After an `overflow` events are missing: look at the directory anew.
 */
export type WatchEvent<P> =
  { readonly type: 'created' | 'changed' | 'removed'; readonly path: P } | { readonly type: 'overflow' };

/** For `watch`. */
export interface WatchOptions extends ThreadPoolOptions {
  /** Whether everything below the directory counts, at any depth; links are not followed. By default only what is in it. */
  readonly recursive?: boolean;
  /** Events are given out when none has come for this long; by default 50 ms. They wait no longer than ten times that. */
  readonly debounce?: Duration;
  /** At most this many paths with events wait, by default 1 024; when there are more, an `overflow` comes. */
  readonly bufferSize?: number;
  /** Called for a directory below this one that may not be read. It is left out, also without this. */
  readonly onError?: (error: FsError) => void;
}

const MOST_ROUNDS = 10;

/**
 * The events of a path.
 *
 * The system says no more than that a name has come, gone or changed. So the names are collected, and when it is quiet
 * each is looked at: the events are what is different now. All of that happens in the task that asks for the next one;
 * the watchers' callbacks only note names.
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
