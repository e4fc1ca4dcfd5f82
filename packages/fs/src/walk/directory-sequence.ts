import { opendir } from 'node:fs';
import type { Dir, Dirent } from 'node:fs';
import { ready, rejectIfCancelled } from '@tercet/core/lowlevel';
import { absoluteText } from '../operations/absolute-text.ts';
import { childText } from '../lexical/child-text.ts';
import { decodePath, nativePath } from '../lexical/path-bytes.ts';
import { finishInPool } from '../pool/finish-in-pool.ts';
import { inPool, inPoolUndoable } from '../pool/in-pool.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { Sequence } from '../sequences/sequence.ts';

/** How many entries are read at a time. */
const BATCH = 256;

/** The entries of a directory, in the order of the system. Read in batches, so that a huge directory needs little memory. */
export class DirectorySequence<T> extends Sequence<T> {
  protected override readonly waitsForStep = true;
  readonly #path: string;
  /** The absolute path, which stays valid when the working directory changes. */
  readonly #absolute: string;
  readonly #make: (path: string) => T;
  readonly #options: ThreadPoolOptions | undefined;
  /** Open from the first step until the end. */
  #dir: Dir | undefined = undefined;
  #batch: string[] = [];
  /** How many entries of the batch have been returned. */
  #at = 0;
  /** True once all entries are in the batch. */
  #exhausted = false;

  constructor(path: string, make: (path: string) => T, options?: ThreadPoolOptions) {
    super();
    this.#path = path;
    this.#absolute = absoluteText(path);
    this.#make = make;
    this.#options = options;
  }

  protected override async produce(): Promise<T | undefined> {
    if (this.#at === this.#batch.length) {
      if (this.#exhausted) return undefined;
      this.#dir ??= await this.#open();
      this.#batch = await this.#readBatch(this.#dir);
      this.#at = 0;
      if (this.#batch.length === 0) return undefined;
    } else {
      const operation = `list ${this.#path}`;
      await rejectIfCancelled(operation);
      await ready(undefined, operation);
    }
    return this.#make(childText(this.#path, this.#batch[this.#at++] as string));
  }

  #open(): Promise<Dir> {
    return inPoolUndoable<Dir>(
      `list ${this.#path}`,
      (done, job) => {
        opendir(
          nativePath(this.#absolute),
          { bufferSize: BATCH, encoding: 'buffer' as BufferEncoding },
          (error, dir) => {
            if (error !== null || !job.cancelled) done(error, dir);
            else dir.close(() => job.raise());
          },
        );
      },
      this.#options,
    );
  }

  #readBatch(dir: Dir): Promise<string[]> {
    return inPool<string[]>(
      `list ${this.#path}`,
      (done) => {
        const batch: string[] = [];
        const onEntry = (error: Error | null, entry: Dirent | null): void => {
          if (error) return done(error);
          if (entry === null) this.#exhausted = true;
          else batch.push(nameOf(entry));
          if (this.#exhausted || batch.length === BATCH) done(null, batch);
          else dir.read(onEntry);
        };
        dir.read(onEntry);
      },
      this.#options,
    );
  }

  protected override async release(): Promise<void> {
    const dir = this.#dir;
    if (dir !== undefined) await finishInPool(`close ${this.#path}`, (done) => dir.close(done));
  }
}

function nameOf(entry: Dirent): string {
  const name: unknown = entry.name;
  return typeof name === 'string' ? name : decodePath(name as Uint8Array);
}
