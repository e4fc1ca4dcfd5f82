import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { openFile, wrapFile } from '@tercet/fs';
import type { BinaryFile, BinaryMode, TextFile, TextMode } from '@tercet/fs';
import { inFolder } from '../support/in-folder.ts';

describe('the mode of a file', () => {
  it(
    'I-19: a+ begins at the end, for reading and for tell(), until the first seek',
    inFolder(async (folder) => {
      const path = folder.join('x').toString();
      for (const mode of ['a+', 'a+b'] as const) {
        writeFileSync(path, 'hello');
        await using file: TextFile | BinaryFile = await openFile(path, mode as string);
        expect([await file.tell(), (await file.read()).length, await file.tell()]).toEqual([5, 0, 5]);
        await file.seek(0);
        expect([(await file.read(2)).length, await file.tell()]).toEqual([2, 2]);
      }
      await using file = await openFile(path, 'a+');
      expect(await file.readLine()).toBeNull();
      await file.write(' world');
      expect([await file.tell(), await file.read(), await file.tell()]).toEqual([11, '', 11]);
      await file.seek(0);
      expect(await file.read()).toBe('hello world');
      expect(readFileSync(path, 'utf8')).toBe('hello world');
    }),
  );

  it(
    'is checked by the compiler, which refuses a literal that is not a mode',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await path.writeText('x');
      // @ts-expect-error There is no such mode.
      await expect(openFile(path, 'q')).rejects.toThrow(RangeError);
      // @ts-expect-error The letters are in the wrong order.
      await expect(openFile(path, 'br')).rejects.toThrow('"br" is not a mode');
      // @ts-expect-error There is no such mode.
      await expect(path.open('rw')).rejects.toThrow(RangeError);
      // @ts-expect-error One of the two is not a mode.
      await expect(openFile(path, 'rw' as 'r' | 'rw')).rejects.toThrow(RangeError);
      // @ts-expect-error There is no such mode.
      expect(() => wrapFile(0, 'rw')).toThrow(RangeError);
      await using text: TextFile = await openFile(path, 'rt');
      await using bytes: BinaryFile = await path.open('rb');
      await using either: TextFile | BinaryFile = await openFile(path, 'r' as TextMode | BinaryMode);
      await using unknown: TextFile | BinaryFile = await path.open('r' as string);
      expect([text.mode, bytes.mode, either.mode, unknown.mode]).toEqual(['rt', 'rb', 'r', 'r']);
    }),
  );
});
