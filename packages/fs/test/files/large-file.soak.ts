import { expect, it } from '@jest/globals';
import { inFolder } from '../support/in-folder.ts';
import { makeSparseLines, MEBI, readLines } from './sparse-lines.ts';

it(
  'reads a file of 4 GiB line by line from beginning to end, in bounded memory',
  inFolder(async (folder) => {
    const path = folder.join('sparse').toString();
    const size = 4096 * MEBI;
    makeSparseLines(path, size, MEBI);
    const { lines, length, end, grown } = await readLines(path);
    console.log(`${lines} lines of 1 MiB; memory had grown by ${grown.toFixed(0)} MiB at most`);
    expect([lines, length, end]).toEqual([4096, size, size]);
    expect(grown).toBeLessThan(512);
  }),
  300_000,
);
