import { mkdir } from 'node:fs';
import { tmpdir } from 'node:os';
import { inspectAs } from '@tercet/core/lowlevel';
import { childText } from '../path/child-text.ts';
import { nativePath } from '../path/path-bytes.ts';
import { pathText } from '../path/path-text.ts';
import type { PathLike } from '../path/pure-path.ts';
import { removePath } from '../path/remove-path.ts';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import { isSystemError } from '../pool/fs-error.ts';
import { finishInPool } from '../pool/finish-in-pool.ts';
import { inPool } from '../pool/in-pool.ts';
import type { PoolOptions } from '../pool/pool-limiter.ts';
import { randomName } from './random-name.ts';

/** Where a temporary file or directory is made, and what it is called. */
export interface TemporaryOptions extends PoolOptions {
  /** By default the system's directory for temporary files. */
  readonly dir?: PathLike;
  /** What its name begins with, by default `tmp-`. */
  readonly prefix?: string;
  /** What its name ends with. */
  readonly suffix?: string;
}

/** A directory that is removed, with all that is in it, when the block ends that holds it. */
export class TemporaryDirectory<P extends { toString(): string }> implements AsyncDisposable {
  static {
    inspectAs(this, (directory) => `TemporaryDirectory ${directory.path.toString()}`);
  }

  readonly path: P;
  #closed = false;

  /** @internal */
  constructor(path: P) {
    this.path = path;
  }

  /**
   * Removes it; what has gone already is all right.
   *
   * A checkpoint. In a cancelled scope it is removed all the same, and `Cancelled` thrown then.
   *
   * @throws {FsError} when something could not be removed.
   */
  async close(): Promise<void> {
    await this[Symbol.asyncDispose]();
    await checkpointHere('close()');
  }

  /** `close`, which leaves `Cancelled` to the next checkpoint. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const path = this.path.toString();
    await finishInPool<void>(`remove ${path}`, (done) =>
      removePath(nativePath(path), { recursive: true, missingOk: true }, done),
    );
  }
}

/** Makes one. Once it is made it is returned, also in a scope that has been cancelled meanwhile: so none is left behind. */
export async function makeTemporaryDirectory<P extends { toString(): string }>(
  make: (text: string) => P,
  options: TemporaryOptions = {},
): Promise<TemporaryDirectory<P>> {
  for (;;) {
    const path = temporaryPath(options);
    try {
      await inPool<void>(
        `make the directory ${path}`,
        (done) => mkdir(nativePath(path), 0o700, (error) => done(error)),
        options,
      );
      return new TemporaryDirectory(make(path));
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    }
  }
}

/** A path that nobody else has chosen. */
export function temporaryPath({ dir, prefix = 'tmp-', suffix = '' }: TemporaryOptions): string {
  return childText(dir === undefined ? tmpdir() : pathText(dir), randomName(prefix, suffix));
}
