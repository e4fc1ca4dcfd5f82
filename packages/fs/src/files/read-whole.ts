import { close, closeSync, fstatSync, open, read } from 'node:fs';
import { nativePath } from '../lexical/path-bytes.ts';
import { inPoolUndoable } from '../pool/in-pool.ts';
import type { Done, PoolJob } from '../pool/in-pool.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';

/** Up to this size a file is read in one go. */
const SMALL = 64 * 1024;
/** Between two reads of that size it is seen whether the scope is cancelled. */
const LARGEST = 4 * 1024 * 1024;

/**
 * All bytes of a file, as one operation.
 *
 * What a small read costs is the ways into the pool and back, so there are two instead of Node's four (benchmark `fs`):
 * opening and reading may wait for a disk or a network. The size of a file that has just been opened is known, and
 * closing a small regular file that was only read has nothing to wait for: those two are done on the spot.
 */
export function readWhole(path: string, attempted: string, options?: ThreadPoolOptions): Promise<Buffer> {
  return inPoolUndoable<Buffer>(
    attempted,
    (done, job) => {
      open(nativePath(path), 'r', (error, fd) => {
        if (error) done(error);
        else new WholeRead(fd, done, job).begin();
      });
    },
    options,
  );
}

class WholeRead {
  readonly #fd: number;
  readonly #done: Done<Buffer>;
  readonly #job: PoolJob;
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;
  #small = false;
  /** Of a regular file; pipes and what the kernel makes up while it is read have none. */
  #size = 0;

  constructor(fd: number, done: Done<Buffer>, job: PoolJob) {
    this.#fd = fd;
    this.#done = done;
    this.#job = job;
  }

  begin(): void {
    if (this.#job.cancelled) return this.#close(null);
    try {
      const stats = fstatSync(this.#fd);
      if (stats.isFile()) this.#size = stats.size;
      this.#small = this.#size > 0 && this.#size <= SMALL;
      this.#buffer = Buffer.allocUnsafeSlow(this.#size === 0 ? SMALL : this.#size);
    } catch (error) {
      return this.#close(error as Error);
    }
    this.#next();
  }

  #next(): void {
    const room = Math.min(this.#buffer.length - this.#length, LARGEST);
    read(this.#fd, this.#buffer, this.#length, room, null, this.#onRead);
  }

  readonly #onRead = (error: Error | null, count: number): void => {
    this.#length += count;
    if (error !== null || count === 0 || this.#length === this.#size || this.#job.cancelled) return this.#close(error);
    if (this.#length === this.#buffer.length) {
      try {
        this.#grow();
      } catch (failure) {
        return this.#close(failure as Error);
      }
    }
    this.#next();
  };

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(this.#length * 2);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }

  #close(error: Error | null): void {
    if (!this.#small) return close(this.#fd, (failed) => this.#end(error ?? failed));
    try {
      closeSync(this.#fd);
    } catch (failed) {
      return this.#end(error ?? (failed as Error));
    }
    this.#end(error);
  }

  #end(error: Error | null): void {
    if (this.#job.cancelled && error === null) this.#job.raise();
    else this.#done(error, this.#buffer.subarray(0, this.#length));
  }
}
