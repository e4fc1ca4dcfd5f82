import { readAt } from '../steps/node-calls.ts';
import { rest } from '../steps/steps.ts';
import type { Steps } from '../steps/steps.ts';

/** How many bytes are read at a time. */
const BLOCK = 64 * 1024;

const NEWLINE = 0x0a;

/**
 * The position at which the last lines of a file begin. Reads backwards from the end, so it takes no longer for a large file.
 *
 * A last line without a line end counts as a line. For a count of 0 it is the only one that is left, because it may grow.
 *
 * @param end the length of the file, or of the part of it that counts.
 */
export function* findLastLines(fd: number, end: number, count: number): Steps<number> {
  if (count === Infinity) return 0;
  const block = Buffer.allocUnsafeSlow(Math.min(BLOCK, end));
  let left = Math.max(count, 1);
  // The last line's own end is not the end of the line before it.
  let searchEnd = count === 0 ? end : end - 1;
  while (searchEnd > 0) {
    const begin = Math.max(0, searchEnd - block.length);
    const length = yield* readAt(fd, block.subarray(0, searchEnd - begin), begin);
    for (let at = length; at > 0;) {
      at = block.subarray(0, at).lastIndexOf(NEWLINE);
      if (at !== -1 && --left === 0) return begin + at + 1;
    }
    searchEnd = begin;
    yield* rest();
  }
  return 0;
}

/** The length of a file that reports size 0, as those do that the kernel generates. */
export function* measure(fd: number): Steps<number> {
  const block = Buffer.allocUnsafeSlow(BLOCK);
  for (let length = 0; ;) {
    const count = yield* readAt(fd, block, length);
    if (count === 0) return length;
    length += count;
    yield* rest();
  }
}
