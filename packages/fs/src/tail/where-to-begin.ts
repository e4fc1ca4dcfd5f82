import { statSync } from 'node:fs';
import { nativePath } from '../lexical/path-bytes.ts';
import { findLastLines, measure } from './find-last-lines.ts';
import { identityOf } from './tailed-file.ts';
import type { Begin } from './tailed-file.ts';

/** Where a file ended at a certain moment. */
export interface EndOfFile {
  readonly identity: string;
  readonly size: number;
}

/** Where the file at a path ends now, blocking the process; `undefined` if it does not exist or cannot be examined. */
export function endOfFile(path: string): EndOfFile | undefined {
  try {
    const stats = statSync(nativePath(path), { bigint: true });
    return { identity: identityOf(stats), size: Number(stats.size) };
  } catch {
    // Opening it will say why.
    return undefined;
  }
}

/** Begins with the last lines of a file that will not be followed. */
export function atLastLines(count: number): Begin {
  return function* (fd, stats) {
    const end = stats.size > 0n ? Number(stats.size) : yield* measure(fd);
    return count === 0 ? end : yield* findLastLines(fd, end, count);
  };
}

/**
 * Begins with the last lines that a file had at a certain moment. If there was another file or none, or if it has become
 * shorter since, all of the file is new.
 */
export function atLastLinesOf(end: EndOfFile | undefined, count: number): Begin {
  return function* (fd, stats) {
    if (end === undefined || end.identity !== identityOf(stats) || end.size > Number(stats.size)) return 0;
    return yield* findLastLines(fd, end.size, count);
  };
}
