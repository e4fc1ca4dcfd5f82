import { lstat, rm, rmdir, unlink } from 'node:fs';
import type { PathLike as NodePath } from 'node:fs';
import { isSystemError } from '../pool/fs-error.ts';
import type { Done } from '../pool/in-pool.ts';
import type { PoolOptions } from '../pool/pool-limiter.ts';

/** For what removes. */
export interface UnlinkOptions extends PoolOptions {
  /** Whether it is all right when there is nothing to remove. */
  readonly missingOk?: boolean;
}

/** For `Path.remove`. */
export interface RemoveOptions extends UnlinkOptions {
  /** Whether a directory goes with all that is in it; without, only an empty one does. */
  readonly recursive?: boolean;
}

/** Removes a file, a link, a directory: whatever is there. */
export function removePath(path: NodePath, options: RemoveOptions, done: Done<void>): void {
  const finish = (error: Error | null): void => {
    done(options.missingOk === true && isSystemError(error, 'ENOENT') ? null : error);
  };
  if (options.recursive === true) rm(path, { recursive: true, maxRetries: 3 }, finish);
  else {
    lstat(path, (error, stats) => {
      if (error) finish(error);
      else if (stats.isDirectory()) rmdir(path, finish);
      else unlink(path, finish);
    });
  }
}
