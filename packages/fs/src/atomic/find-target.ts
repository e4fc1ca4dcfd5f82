import type { BigIntStats } from 'node:fs';
import { nativePath, decodePath } from '../lexical/path-bytes.ts';
import { resolvePath } from '../operations/resolve-path.ts';
import { isSystemError } from '../pool/fs-error.ts';
import { realpath, stat } from '../steps/node-calls.ts';
import { step } from '../steps/steps.ts';
import type { Steps } from '../steps/steps.ts';

/** The file that a path leads to. */
export interface Target {
  /** The path of the file behind all links; `undefined` if it cannot be replaced, and can only be written to. */
  readonly path: string | undefined;
  /** `undefined` if the file does not exist yet. */
  readonly stats: BigIntStats | undefined;
}

/**
 * Finds the file that a path leads to.
 *
 * If the real path does not exist, either the file does not exist yet, possibly behind a link; or it has no name, like a pipe
 * behind `/dev/stdout` or a removed file. Only following the path shows which.
 */
export function* findTarget(path: string): Steps<Target> {
  let stats: BigIntStats;
  try {
    stats = yield* stat(nativePath(path));
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    return { path: yield* endOf(path), stats: undefined };
  }
  if (!stats.isFile()) return { path: undefined, stats };
  const real = yield* realFile(path, stats);
  return { path: real, stats };
}

/** The path that a dangling link leads to. */
function endOf(path: string): Steps<string> {
  return step<string>(
    () => path,
    (done) => resolvePath(path, false, done),
  );
}

function* realFile(path: string, stats: BigIntStats): Steps<string | undefined> {
  try {
    const real = yield* realpath(nativePath(path));
    const { dev, ino } = yield* stat(real);
    return dev === stats.dev && ino === stats.ino ? decodePath(real) : undefined;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
