import { mkdir, stat } from 'node:fs';
import type { PathLike as NodePath } from 'node:fs';
import { isSystemError } from '../pool/fs-error.ts';
import type { Done } from '../pool/in-pool.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';

/**
 * The options of `Path.mkdir`.
 *
 * @example
 * await using folder = await Path.temporary();
 * const logs = folder.path.join('var', 'log');
 * await logs.mkdir({ parents: true, mode: 0o750 });
 * await logs.mkdir({ parents: true, existOk: true }); // no error the second time
 */
export interface MkdirOptions extends ThreadPoolOptions {
  /** The permissions, before the umask; `0o777` by default. */
  readonly mode?: number;
  /** Whether to create missing parent directories. False by default. */
  readonly parents?: boolean;
  /** Whether the directory may exist already. False by default. */
  readonly existOk?: boolean;
}

/** Creates a directory. Node's `recursive` combines both options; here they are separate, as in pathlib. */
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
