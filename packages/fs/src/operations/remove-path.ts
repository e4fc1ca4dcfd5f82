import { isSystemError } from '../pool/fs-error.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { lstat, rmdir, unlink } from '../steps/node-calls.ts';
import type { Steps } from '../steps/steps.ts';
import { absoluteText } from './absolute-text.ts';
import { nativePath } from '../lexical/path-bytes.ts';
import { removeTree } from './remove-tree.ts';

/** For what removes. */
export interface UnlinkOptions extends ThreadPoolOptions {
  /** Whether it is all right when there is nothing to remove. */
  readonly missingOk?: boolean;
}

/** For `Path.remove`. */
export interface RemovePathOptions extends UnlinkOptions {
  /** Whether a directory goes with all that is in it; without, only an empty one does. */
  readonly recursive?: boolean;
}

/** Removes a file, a link, a directory: whatever is there. */
export function* removePath(path: string, options: RemovePathOptions): Steps<void> {
  try {
    if (options.recursive === true) return yield* removeTree(absoluteText(path));
    const native = nativePath(path);
    yield* (yield* lstat(native)).isDirectory() ? rmdir(native) : unlink(native);
  } catch (error) {
    if (options.missingOk !== true || !isSystemError(error, 'ENOENT')) throw error;
  }
}
