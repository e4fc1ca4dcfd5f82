import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { run } from '@tercet/core';
import { openFile } from '@tercet/fs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tercet-fs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('openFile', () => {
  it('FIO-006: iterates the lines of a file', async () => {
    const file = join(folder, 'lines.txt');
    writeFileSync(file, 'one\ntwo\r\nthree\rfour\n\nlast');
    await run(async () => {
      await using opened = await openFile(file);
      const lines: string[] = [];
      for await (const line of opened) lines.push(line);
      expect(lines).toEqual(['one', 'two', 'three', 'four', '', 'last']);
    });
  });

  it('writes its buffer when it is closed', async () => {
    const file = join(folder, 'out.txt');
    await run(async () => {
      await using opened = await openFile(file, 'w');
      await opened.write('hello ');
      await opened.write('world\n');
      expect(readFileSync(file, 'utf8')).toBe('');
    });
    expect(readFileSync(file, 'utf8')).toBe('hello world\n');
  });

  it('returns bytes if the mode has a b', async () => {
    const file = join(folder, 'bytes.bin');
    await run(async () => {
      await using opened = await openFile(file, 'w+b');
      await opened.write(new Uint8Array([1, 2, 10, 3]));
      await opened.seek(0);
      expect(await opened.read(2)).toEqual(new Uint8Array([1, 2]));
      expect(await opened.tell()).toBe(2);
      const lines: Uint8Array[] = [];
      for await (const line of opened) lines.push(line);
      expect(lines).toEqual([new Uint8Array([]), new Uint8Array([3])]);
    });
  });
});
