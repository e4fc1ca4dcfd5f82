import type { BigIntStats } from 'node:fs';
import { nativePath, decodePath } from '../lexical/path-bytes.ts';
import { resolvePath } from '../operations/resolve-path.ts';
import { isSystemError } from '../pool/fs-error.ts';
import { realpath, stat } from '../steps/node-calls.ts';
import { step } from '../steps/steps.ts';
import type { Steps } from '../steps/steps.ts';

/** What a path leads to, for one who wants to replace it. */
export interface Target {
  /** The file itself, behind all links; `undefined` when it cannot be replaced but only be written to. */
  readonly path: string | undefined;
  /** `undefined` when there is nothing yet. */
  readonly stats: BigIntStats | undefined;
}

/**
 * Finds what a path leads to.
 *
 * That the real path is not there has two meanings: there is nothing yet, be it behind a link, or it has no name, as a
 * pipe behind `/dev/stdout` or a file that has been removed. Only following the path tells.
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

/** Where a link that leads nowhere leads. */
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
