import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { run } from '@tercet/core';
import { FsError, Path } from '@tercet/fs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tercet-fs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('Path on disk', () => {
  it('makes, writes, reads, lists and removes', async () => {
    await run(async () => {
      const directory = new Path(folder, 'a', 'b');
      await directory.mkdir({ parents: true });
      await directory.join('x.txt').writeText('x');
      await directory.join('y.txt').writeText('y\u00e9');
      expect(await directory.join('y.txt').readText()).toBe('y\u00e9');
      const names: string[] = [];
      for await (const path of directory.iterdir()) names.push(path.name);
      expect(names.sort()).toEqual(['x.txt', 'y.txt']);
      await new Path(folder, 'a').remove({ recursive: true });
      expect(await directory.exists()).toBe(false);
    });
  });

  it('says what was attempted, and keeps what the system said', async () => {
    const path = new Path(folder, 'missing');
    const error: unknown = await run(async () => {
      await path.readText();
    }).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(FsError);
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'open', path: path.toString() });
    expect((error as Error).message).toContain(`cannot read ${path.toString()}: ENOENT`);
    expect((error as Error).stack).toContain('path.test.ts');
  });
});
