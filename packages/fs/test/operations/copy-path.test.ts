import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CancelScope } from '@tercet/core';
import { Path } from '@tercet/fs';
import { inFolder } from '../support/in-folder.ts';

const text = (path: Path): string => readFileSync(path.toString(), 'utf8');

function plant(folder: Path): Path {
  const source = folder.join('src');
  mkdirSync(source.join('deep', 'er').toString(), { recursive: true });
  writeFileSync(source.join('v1').toString(), 'one');
  writeFileSync(source.join('deep', 'er', 'x').toString(), 'x');
  writeFileSync(source.join('empty').toString(), '');
  symlinkSync('v1', source.join('current').toString());
  symlinkSync('../v1', source.join('deep', 'up').toString());
  symlinkSync('/etc', source.join('absolute').toString());
  return source;
}

describe('copy', () => {
  it(
    'a file that becomes shorter while it is copied is copied as far as it goes, and keeps no thread busy',
    inFolder(async (folder) => {
      const source = folder.join('log');
      for (let round = 0; round < 5; round++) {
        writeFileSync(source.toString(), Buffer.alloc(30_000_000));
        const timer = setTimeout(() => truncateSync(source.toString(), 10), round);
        const copy = await source.copy(folder.join('copy'));
        clearTimeout(timer);
        expect(statSync(copy.toString()).size).toBeLessThanOrEqual(30_000_000);
      }
    }),
  );

  it(
    'R-12: a copy that is cancelled before its end leaves no part of a file',
    inFolder(async (folder) => {
      const source = folder.join('large');
      writeFileSync(source.toString(), Buffer.alloc(30_000_000));
      const scope = new CancelScope();
      setImmediate(() => scope.cancel());
      await scope.run(() => source.copy(folder.join('copy')));
      expect(scope.cancelledCaught).toBe(true);
      expect(readdirSync(folder.toString())).toEqual(['large']);
      await folder.exists();
    }),
  );

  it(
    'the copy of a private file is private from the beginning',
    inFolder(async (folder) => {
      const source = folder.join('secret');
      writeFileSync(source.toString(), Buffer.alloc(2_000_000), { mode: 0o600 });
      const copy = folder.join('copy');
      const modes = new Set<number>();
      const look = setInterval(() => {
        const found = statSync(copy.toString(), { throwIfNoEntry: false });
        if (found !== undefined) modes.add(found.mode & 0o777);
      }, 0);
      using _looking = { [Symbol.dispose]: () => clearInterval(look) };
      for (let round = 0; round < 20; round++) {
        await source.copy(copy);
        modes.add(statSync(copy.toString()).mode & 0o777);
        await copy.unlink();
      }
      expect([...modes]).toEqual([0o600]);
    }),
  );

  it(
    'I-5: copies links in a folder unchanged, so that the copy is independent of the original',
    inFolder(async (folder) => {
      const source = plant(folder);
      const copy = await source.copy(folder.join('dst'));
      await source.remove({ recursive: true });
      expect(await copy.join('current').readText()).toBe('one');
      const links = ['current', 'deep/up', 'absolute'].map((name) => readlinkSync(copy.join(name).toString()));
      expect(links).toEqual(['v1', '../v1', '/etc']);
      expect(readdirSync(copy.toString()).sort()).toEqual(['absolute', 'current', 'deep', 'empty', 'v1']);
      expect(text(copy.join('deep', 'er', 'x'))).toBe('x');
    }),
  );

  it(
    'I-5: merges into an older copy, without writing through links in it',
    inFolder(async (folder) => {
      const source = plant(folder);
      const copy = await source.copy(folder.join('dst'));
      writeFileSync(copy.join('own').toString(), 'own');
      writeFileSync(folder.join('outside').toString(), 'outside');
      mkdirSync(folder.join('outer').toString());
      await copy.join('v1').unlink();
      symlinkSync('../outside', copy.join('v1').toString());
      writeFileSync(source.join('v1').toString(), 'two');
      await source.copy(copy);
      expect([text(copy.join('v1')), text(copy.join('own')), text(folder.join('outside'))]).toEqual([
        'two',
        'own',
        'outside',
      ]);
      await copy.join('deep').remove({ recursive: true });
      symlinkSync('../outer', copy.join('deep').toString());
      await expect(source.copy(copy)).rejects.toMatchObject({ code: 'EEXIST', path: copy.join('deep').toString() });
      expect(readdirSync(folder.join('outer').toString())).toEqual([]);
      await expect(source.copy(copy, { overwrite: false })).rejects.toMatchObject({ code: 'EEXIST' });
    }),
  );

  it(
    'I-5: refuses to copy a folder into itself, under any path, before anything is copied',
    inFolder(async (folder) => {
      const source = plant(folder);
      symlinkSync('src/deep', folder.join('in').toString());
      for (const target of ['src', 'src/copy', 'src/deep/er/copy', 'in/copy', 'in/x/y']) {
        await expect(source.copy(folder.join(target))).rejects.toMatchObject({ name: 'FsError', code: 'EINVAL' });
      }
      expect(readdirSync(source.join('deep').toString()).sort()).toEqual(['er', 'up']);
      await source.join('v1').copy(source.join('v1'));
      expect(text(source.join('v1'))).toBe('one');
    }),
  );

  it(
    'I-5: keeps permissions, even those of read-only folders',
    inFolder(async (folder) => {
      const source = plant(folder);
      chmodSync(source.join('v1').toString(), 0o751);
      chmodSync(source.join('deep').toString(), 0o555);
      const copy = await source.copy(folder.join('dst'));
      const modes = ['v1', 'deep', 'empty'].map((name) => statSync(copy.join(name).toString()).mode & 0o777);
      expect(modes).toEqual([0o751, 0o555, statSync(source.join('empty').toString()).mode & 0o777]);
    }),
  );

  it(
    'I-5: copies the content of files that the kernel generates',
    inFolder(async (folder) => {
      await new Path('/proc/self/status').copy(folder.join('status'));
      expect(text(folder.join('status'))).toContain('VmRSS');
    }),
  );

  it(
    'I-12: supports names that are not UTF-8, at the top and below',
    inFolder(async (folder) => {
      const strange = Buffer.from([0x61, 0xff]);
      const at = (...names: (string | Buffer)[]): Buffer =>
        Buffer.concat([
          Buffer.from(folder.toString()),
          ...names.flatMap((name) => [Buffer.from('/'), Buffer.from(name)]),
        ]);
      mkdirSync(at(strange));
      writeFileSync(at(strange, strange), 'content');
      symlinkSync(strange, at(strange, 'link'));
      await Path.fromBytes(at(strange)).copy(Path.fromBytes(at('copy', strange).subarray(0, at('copy').length)));
      expect(readFileSync(at('copy', strange), 'utf8')).toBe('content');
      expect(readlinkSync(at('copy', 'link'), 'buffer').equals(strange)).toBe(true);
      await Path.fromBytes(at(strange, strange)).copy(Path.fromBytes(at(Buffer.from([0xfe]))));
      expect(readFileSync(at(Buffer.from([0xfe])), 'utf8')).toBe('content');
    }),
  );

  it(
    'stops in the middle of a folder when it is cancelled',
    inFolder(async (folder) => {
      const source = folder.join('src');
      mkdirSync(source.toString());
      for (let i = 0; i < 50; i++) writeFileSync(source.join(`f${i}`).toString(), 'x');
      const before = readdirSync('/proc/self/fd').length;
      const scope = new CancelScope();
      await scope.run(async () => {
        const copying = source.copy(folder.join('dst'));
        scope.cancel();
        await copying;
      });
      expect(scope.cancelledCaught).toBe(true);
      const copied = await folder.join('dst').exists();
      expect(copied ? readdirSync(folder.join('dst').toString()).length : 0).toBeLessThan(50);
      expect(readdirSync('/proc/self/fd').length).toBe(before);
    }),
  );
});
