import { mkdir, stat } from 'node:fs';
import type { PathLike as NodePath } from 'node:fs';
import { isSystemError } from '../pool/fs-error.ts';
import type { Done } from '../pool/in-pool.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';

/** For `Path.mkdir`. */
export interface MkdirOptions extends ThreadPoolOptions {
  /** The permissions, before the umask; by default `0o777`. */
  readonly mode?: number;
  /** Whether missing directories above it are made as well. */
  readonly parents?: boolean;
  /** Whether it is all right when the directory exists already. */
  readonly existOk?: boolean;
}

/** Node's `recursive` stands for both options at once; they are told apart here, as pathlib does. */
export function makeDirectory(path: NodePath, parent: NodePath, options: MkdirOptions, done: Done<void>): void {
  const { mode = 0o777, parents = false, existOk = false } = options;
  const make = (retry: boolean): void => {
    mkdir(path, mode, (error) => {
      if (retry && isSystemError(error, 'ENOENT')) {
        mkdir(parent, { recursive: true }, (failed) => (failed ? done(failed) : make(false)));
      } else if (error !== null && existOk) {
        stat(path, (missing, stats) => done(missing === null && stats.isDirectory() ? null : error));
      } else {
        done(error);
      }
    });
  };
  make(parents);
}
