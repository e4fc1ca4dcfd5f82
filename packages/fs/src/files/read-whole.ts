import { close, closeSync, fstatSync, open, read } from 'node:fs';
import { nativePath } from '../lexical/path-bytes.ts';
import { inPoolUndoable } from '../pool/in-pool.ts';
import type { Done, PoolJob } from '../pool/in-pool.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';

/** The largest size of a small file, in bytes. */
const SMALL = 64 * 1024;
/** The largest single read, in bytes. Between two reads, the operation stops if it is cancelled. */
const LARGEST = 4 * 1024 * 1024;

/**
 * Reads a whole file, as one operation of the pool.
 *
 * For a small file the cost is in the trips to the pool and back. Node makes four of them; this makes two (benchmark `fs`).
 * Opening and reading may wait for a disk or a network. But the size of a file that was just opened is in memory, and closing
 * a small regular file that was only read never waits: so these two calls are synchronous.
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
  /** Whether it is a regular file of at most `SMALL` bytes, which may be closed synchronously. */
  #small = false;
  /** The size of a regular file; 0 for pipes and for files that the kernel generates, as below `/proc`. */
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
