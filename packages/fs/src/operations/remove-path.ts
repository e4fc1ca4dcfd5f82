import { isSystemError } from '../pool/fs-error.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { lstat, rmdir, unlink } from '../steps/node-calls.ts';
import type { Steps } from '../steps/steps.ts';
import { absoluteText } from './absolute-text.ts';
import { nativePath } from '../lexical/path-bytes.ts';
import { removeTree } from './remove-tree.ts';

/**
 * The options of `Path.unlink`.
 *
 * @example
 * await using folder = await Path.temporary();
 * const lockFile = folder.path.join('daemon.pid');
 * await lockFile.unlink({ missingOk: true }); // without it, FsError: ENOENT
 */
export interface UnlinkOptions extends ThreadPoolOptions {
  /** Whether the path may be missing. False by default. */
  readonly missingOk?: boolean;
}

/**
 * The options of `Path.remove`.
 *
 * @example
 * await using folder = await Path.temporary();
 * const build = folder.path.join('build');
 * await build.join('assets').mkdir({ parents: true });
 * await build.remove({ recursive: true }); // with everything in it
 * await build.remove({ recursive: true, missingOk: true });
 */
export interface RemovePathOptions extends UnlinkOptions {
  /** Whether to remove a directory with everything in it. By default, only an empty directory can be removed. */
  readonly recursive?: boolean;
}

/** Removes a file, a link, or a directory. */
export function* removePath(path: string, options: RemovePathOptions): Steps<void> {
  try {
    if (options.recursive === true) return yield* removeTree(absoluteText(path));
    const native = nativePath(path);
    yield* (yield* lstat(native)).isDirectory() ? rmdir(native) : unlink(native);
  } catch (error) {
    if (options.missingOk !== true || !isSystemError(error, 'ENOENT')) throw error;
  }
}
