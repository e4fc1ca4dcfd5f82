import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { all, CancelScope, isCancelled } from '@tercet/core';
import { writeAtomic } from '@tercet/fs';
import { inFolder } from '../support/in-folder.ts';

describe('writeAtomic', () => {
  it(
    'makes a file, and replaces one, and leaves nothing else behind',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await writeAtomic(path, 'one');
      expect(readFileSync(path.toString(), 'utf8')).toBe('one');
      const { ino } = statSync(path.toString());
      await path.writeAtomic(new Uint8Array([116, 119, 111]), { sync: false });
      expect(readFileSync(path.toString(), 'utf8')).toBe('two');
      expect(statSync(path.toString()).ino).not.toBe(ino);
      expect(readdirSync(folder.toString())).toEqual(['x']);
    }),
  );

  it(
    'keeps the permissions of the file it replaces, or sets those it is given',
    inFolder(async (folder) => {
      const path = folder.join('x');
      writeFileSync(path.toString(), 'old');
      chmodSync(path.toString(), 0o666);
      await writeAtomic(path, 'new');
      expect(statSync(path.toString()).mode & 0o777).toBe(0o666);
      await writeAtomic(path, 'new', { mode: 0o640 });
      expect(statSync(path.toString()).mode & 0o777).toBe(0o640);
    }),
  );

  it(
    'follows a link to the file that is meant',
    inFolder(async (folder) => {
      mkdirSync(folder.join('real').toString());
      writeFileSync(folder.join('real', 'x').toString(), 'old');
      symlinkSync('real/x', folder.join('link').toString());
      await writeAtomic(folder.join('link'), 'new');
      expect(lstatSync(folder.join('link').toString()).isSymbolicLink()).toBe(true);
      expect(readFileSync(folder.join('real', 'x').toString(), 'utf8')).toBe('new');
    }),
  );

  it(
    'is never seen half done',
    inFolder(async (folder) => {
      const path = folder.join('x');
      const contents = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(300_000));
      await writeAtomic(path, contents[0] as string);
      const seen = new Set<string>();
      await all([
        async () => {
          for (const content of contents) await writeAtomic(path, content, { sync: false });
        },
        async () => {
          for (let i = 0; i < 50; i++) seen.add(await path.readText());
        },
      ]);
      for (const content of seen) expect(contents.includes(content)).toBe(true);
    }),
  );

  it(
    'leaves the old content when it is cancelled',
    inFolder(async (folder) => {
      const path = folder.join('x');
      writeFileSync(path.toString(), 'old');
      const outcome = await new CancelScope().run(async (scope) => {
        const writing = writeAtomic(path, 'new').catch(isCancelled);
        scope.cancel();
        return writing;
      });
      expect(outcome).toBe(true);
      expect(readFileSync(path.toString(), 'utf8')).toBe('old');
      expect(readdirSync(folder.toString())).toEqual(['x']);
    }),
  );

  it(
    'removes what it has written when it cannot be put in place',
    inFolder(async (folder) => {
      mkdirSync(folder.join('x').toString());
      await expect(writeAtomic(folder.join('x'), 'new')).rejects.toMatchObject({ code: 'EISDIR', syscall: 'rename' });
      await expect(writeAtomic(folder.join('missing', 'x'), 'new')).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(writeAtomic(folder.join('x'), 5 as never)).rejects.toThrow(TypeError);
      expect(readdirSync(folder.toString())).toEqual(['x']);
    }),
  );
});
