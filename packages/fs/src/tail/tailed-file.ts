import { close, constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { nativePath } from '../lexical/path-bytes.ts';
import { inSteps } from '../operations/operate.ts';
import { systemError } from '../pool/fs-error.ts';
import { finishInPool } from '../pool/finish-in-pool.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { close as closeStep, fstat, open, readAt } from '../steps/node-calls.ts';
import type { Steps } from '../steps/steps.ts';

/** How many bytes are read at a time. */
const CHUNK = 64 * 1024;

/** Identifies a file as long as it is open somewhere: only then its inode cannot be that of another one. */
export const identityOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;

/** An open file, with the position up to which its bytes have been read. */
export class TailedFile {
  readonly identity: string;
  position: number;
  readonly #fd: number;
  /** For errors. */
  readonly #attempted: string;
  readonly #options: ThreadPoolOptions;
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK);

  private constructor(fd: number, identity: string, position: number, attempted: string, options: ThreadPoolOptions) {
    this.#fd = fd;
    this.identity = identity;
    this.position = position;
    this.#attempted = attempted;
    this.#options = options;
  }

  /**
   * Opens a file, which must be a regular one.
   *
   * @param begin finds the position to begin at; the first byte when left out. @throws the system's error, and `EISDIR` or
   *   `ENOTSUP` for other entries.
   */
  static async open(
    path: string,
    attempted: string,
    begin: Begin | undefined,
    options: ThreadPoolOptions,
  ): Promise<TailedFile> {
    const opened = await inSteps(attempted, openAt(path, begin), options);
    return new TailedFile(opened.fd, opened.identity, opened.position, attempted, options);
  }

  /** Reads on. @returns bytes that are valid until the next call; none at the end of the file. A checkpoint. */
  async read(): Promise<Uint8Array> {
    const count = await inSteps<number>(this.#attempted, readAt(this.#fd, this.#chunk, this.position), this.#options);
    this.position += count;
    return this.#chunk.subarray(0, count);
  }

  /** The size now. A checkpoint. */
  async size(): Promise<number> {
    return Number((await inSteps(this.#attempted, fstat(this.#fd), this.#options)).size);
  }

  /** Also in a cancelled scope. No read may be pending. */
  close(): Promise<void> {
    return finishInPool(this.#attempted, (done) => close(this.#fd, done));
  }
}

/** Finds the position to begin at in a file that has just been opened. */
export type Begin = (fd: number, stats: BigIntStats) => Steps<number>;

function* openAt(path: string, begin: Begin | undefined): Steps<{ fd: number; identity: string; position: number }> {
  // Without waiting for the other end of a FIFO.
  const fd = yield* open(nativePath(path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  let position: number | undefined;
  try {
    const stats = yield* fstat(fd);
    requireRegular(stats, path);
    position = begin === undefined ? 0 : yield* begin(fd, stats);
    return { fd, identity: identityOf(stats), position };
  } finally {
    // Not in a `catch`: a cancellation ends the steps by `return`.
    if (position === undefined) yield* closeStep(fd);
  }
}

function requireRegular(stats: BigIntStats, path: string): void {
  if (stats.isDirectory()) throw systemError('EISDIR', 'illegal operation on a directory', 'read', path);
  if (!stats.isFile()) throw systemError('ENOTSUP', 'only a regular file has a tail', 'read', path);
}
