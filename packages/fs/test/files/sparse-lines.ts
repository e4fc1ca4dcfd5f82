import { openFile } from '@tercet/fs';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

export const MEBI: number = 1024 * 1024;

/** Makes a sparse file with a line of zeros for every `step` bytes. It needs hardly any space on the disk. */
export function makeSparseLines(path: string, size: number, step: number): void {
  const fd = openSync(path, 'w');
  ftruncateSync(fd, size);
  for (let at = step; at <= size; at += step) writeSync(fd, '\n', at - 1);
  closeSync(fd);
}

/** The result of reading a file line by line, and the largest growth of the process meanwhile, in MiB. */
export interface ReadLines {
  readonly lines: number;
  readonly length: number;
  readonly end: number;
  readonly grown: number;
}

export async function readLines(path: string, from = 0): Promise<ReadLines> {
  await using file = await openFile(path, 'r', { encoding: 'latin1' });
  await file.seek(from);
  const before = process.memoryUsage.rss();
  let largest = before;
  let [lines, length] = [0, 0];
  for await (const line of file) {
    lines++;
    length += line.length + 1;
    largest = Math.max(largest, process.memoryUsage.rss());
  }
  return { lines, length, end: await file.tell(), grown: (largest - before) / MEBI };
}
