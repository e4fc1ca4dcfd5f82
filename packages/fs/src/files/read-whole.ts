import { close, fstat, open, read } from 'node:fs';
import { nativePath } from '../path/path-bytes.ts';
import { inPool } from '../pool/in-pool.ts';
import type { Done, PoolJob } from '../pool/in-pool.ts';
import type { PoolOptions } from '../pool/pool-limiter.ts';

/** Most files fit in: then neither their size is asked for nor is anything read twice. */
const FIRST = 8 * 1024;
/** Between two reads of that size it is seen whether the scope is cancelled. */
const LARGEST = 16 * 1024 * 1024;

/**
 * All bytes of a file, as one operation: opening, reading and closing follow each other from callback to callback, which
 * costs a third of the promises and of the turns of the loop (benchmark `fs`).
 */
export function readWhole(path: string, attempted: string, options?: PoolOptions): Promise<Uint8Array> {
  return inPool<Uint8Array>(
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
  readonly #done: Done<Uint8Array>;
  readonly #job: PoolJob;
  #buffer: Buffer = Buffer.allocUnsafe(FIRST);
  #length = 0;

  constructor(fd: number, done: Done<Uint8Array>, job: PoolJob) {
    this.#fd = fd;
    this.#done = done;
    this.#job = job;
  }

  begin(): void {
    this.#next(FIRST);
  }

  #next(amount: number): void {
    if (this.#job.cancelled) return this.#close(null);
    read(this.#fd, this.#buffer, this.#length, amount, null, this.#onRead);
  }

  readonly #onRead = (error: Error | null, count: number): void => {
    if (error) return this.#close(error);
    if (count === 0) return this.#close(null);
    this.#length += count;
    const room = this.#buffer.length - this.#length;
    if (room > 0) return this.#next(Math.min(room, LARGEST));
    fstat(this.#fd, (failed, stats) => {
      if (failed) return this.#close(failed);
      // One byte more than expected, so that the read that finds the end needs no more room.
      this.#grow(Math.max(stats.size + 1, this.#length + FIRST, stats.size === 0 ? this.#length * 2 : 0));
    });
  };

  #grow(size: number): void {
    let larger: Buffer;
    try {
      larger = Buffer.allocUnsafeSlow(size);
    } catch (error) {
      return this.#close(error as Error);
    }
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
    this.#next(Math.min(size - this.#length, LARGEST));
  }

  #close(error: Error | null): void {
    close(this.#fd, (failed) => {
      if (this.#job.cancelled && error === null) this.#job.raise();
      else this.#done(error ?? failed, this.#bytes());
    });
  }

  #bytes(): Uint8Array {
    const { buffer, byteOffset } = this.#buffer;
    // Small buffers are slices of a block that Node shares: who keeps the bytes must not keep the block.
    if (this.#buffer.length <= FIRST) return new Uint8Array(buffer.slice(byteOffset, byteOffset + this.#length));
    return new Uint8Array(buffer, byteOffset, this.#length);
  }
}
