import { execFileSync } from 'node:child_process';
import { openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { StateError } from '@tercet/core';
import { openFile, wrapFile } from '@tercet/fs';
import { inFolder } from '../support/in-folder.ts';

describe('the position of a file', () => {
  it(
    'is not known for a wrapped descriptor before the first seek: operations that need it throw, and do nothing',
    inFolder(async (folder) => {
      const path = folder.join('x').toString();
      writeFileSync(path, '0123456789');
      await using file = wrapFile(openSync(path, 'r+'), 'r+b');
      await expect(file.tell()).rejects.toThrow('is not known; seek() first, or give its position to wrapFile()');
      expect(Buffer.from((await file.readLine()) ?? []).toString()).toBe('0123456789');
      await file.seek(2);
      await file.read(3);
      await file.write(Buffer.from('ab'));
      expect([await file.tell(), readFileSync(path, 'utf8')]).toEqual([7, '01234ab789']);
      await using text = wrapFile(openSync(path, 'r+'), 'r+');
      expect(await text.read(1)).toBe('0');
      await expect(text.write('x')).rejects.toThrow('write after a read: the position of descriptor');
      expect(readFileSync(path, 'utf8')).toBe('01234ab789');
    }),
  );

  it(
    'cannot be moved in a pipe, nor to a number that is not an integer, nor before the start',
    inFolder(async (folder) => {
      const fifo = folder.join('fifo').toString();
      execFileSync('mkfifo', [fifo]);
      await using pipe = await openFile(fifo, 'r+b');
      for (const whence of ['start', 'current', 'end'] as const) {
        await expect(pipe.seek(0, whence)).rejects.toThrow(StateError);
      }
      await pipe.write(Buffer.from('one\ntwo\n'));
      await pipe.flush();
      expect(Buffer.from((await pipe.readLine()) ?? []).toString()).toBe('one');
      await using file = await openFile(folder.join('x'), 'w+');
      for (const offset of [1.5, NaN, Infinity, 2 ** 60]) {
        await expect(file.seek(offset)).rejects.toThrow(`the offset must be an integer, not ${offset}`);
      }
      await file.write('abc');
      await expect(file.seek(-4, 'end')).rejects.toThrow('seek(): position -1 is before the start');
      await expect(file.seek(-4, 'current')).rejects.toThrow(RangeError);
      expect(await file.seek(-1, 'end')).toBe(2);
      expect(await file.read()).toBe('c');
    }),
  );

  it(
    'is the end of the file in append mode, including buffered bytes',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await path.writeText('12345');
      await using file = await openFile(path, 'a+');
      await file.write('678');
      expect([await file.tell(), statSync(path.toString()).size]).toEqual([8, 5]);
      await path.appendText('9');
      expect(await file.tell()).toBe(9);
      await file.flush();
      expect([await file.tell(), await path.readText()]).toEqual([9, '123459678']);
      await file.seek(0);
      await file.write('!');
      expect(await file.read()).toBe('');
      expect(await path.readText()).toBe('123459678!');
      await expect(file.truncate(-1)).rejects.toThrow('truncate(): the size must be an integer, 0 or more, not -1');
      await file.truncate(3);
      expect(await path.readText()).toBe('123');
    }),
  );
});

describe('the write buffer', () => {
  it(
    'holds exactly its size, and is written in order',
    inFolder(async (folder) => {
      const path = folder.join('x');
      const size = (): number => statSync(path.toString()).size;
      await using file = await openFile(path, 'wb', { buffering: 10 });
      await file.write(Buffer.from('0123456789'));
      expect(size()).toBe(0);
      await file.write(Buffer.from('a'));
      expect(size()).toBe(10);
      await file.write(Buffer.from('bcdefghijkl'));
      expect([size(), await file.tell()]).toEqual([22, 22]);
      await file.write(Buffer.from('m'));
      await file.sync({ dataOnly: true });
      expect(size()).toBe(23);
      await file.seek(1);
      await file.write(Buffer.from('X'));
      await file.truncate();
      expect(await path.readText()).toBe('0X');
      await expect(openFile(path, 'w', { buffering: -1 })).rejects.toThrow(RangeError);
      await expect(openFile(path, 'w', { buffering: 1.5 })).rejects.toThrow('must be an integer, 0 or more, not 1.5');
    }),
  );
});
