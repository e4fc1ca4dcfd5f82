import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, isCancelled } from '@tercet/core';
import { BinaryFile, openTemporaryDirectory, openTemporaryFile, Path } from '@tercet/fs';
import { inFolder } from '../support/in-folder.ts';

describe('openTemporaryDirectory', () => {
  it(
    'is removed with everything in it at the end of the block',
    inFolder(async (folder) => {
      let path: Path;
      {
        await using directory = await Path.temporary({ dir: folder, prefix: 'p-', suffix: '-s' });
        ({ path } = directory);
        expect(path.name).toMatch(/^p-[\w-]{12}-s$/);
        expect(path.parent.equals(folder)).toBe(true);
        expect(statSync(path.toString()).mode & 0o777).toBe(0o700);
        await path.join('a', 'b').mkdir({ parents: true });
        await path.join('a', 'x').writeText('x');
        expect(existsSync(path.toString())).toBe(true);
      }
      expect(existsSync(path.toString())).toBe(false);
    }),
  );

  it(
    'is removed after an error and a cancellation, and may have been removed before',
    inFolder(async (folder) => {
      const failing = async (): Promise<void> => {
        await using _ = await openTemporaryDirectory({ dir: folder });
        throw new Error('boom');
      };
      await expect(failing()).rejects.toThrow('boom');
      const scope = new CancelScope();
      await scope.run(async () => {
        await using directory = await openTemporaryDirectory({ dir: folder });
        await directory.path.join('x').writeText('x');
        scope.cancel();
        await directory.path.exists();
      });
      expect(scope.cancelledCaught).toBe(true);
      {
        await using directory = await openTemporaryDirectory({ dir: folder });
        await directory.path.remove();
      }
      expect(readdirSync(folder.toString())).toEqual([]);
    }),
  );

  it(
    'creates nothing in a cancelled scope',
    inFolder(async (folder) => {
      const outcomes = await new CancelScope().run(async (scope) => {
        scope.cancel();
        return [
          await openTemporaryDirectory({ dir: folder }).catch(isCancelled),
          await openTemporaryFile('w+', { dir: folder }).catch(isCancelled),
        ];
      });
      expect(outcomes).toEqual([true, true]);
      expect(readdirSync(folder.toString())).toEqual([]);
    }),
  );

  it(
    "is in the system's directory by default, and close() removes it as well",
    inFolder(async () => {
      const directory = await openTemporaryDirectory();
      expect(directory.path.parent.toString()).toBe(new Path(tmpdir()).toString());
      await directory.close();
      expect(await directory.path.exists()).toBe(false);
      await directory.close();
    }),
  );
});

describe('openTemporaryFile', () => {
  it(
    'is open for reading and writing, for its owner only, and removed at the end of the block',
    inFolder(async (folder) => {
      {
        await using temporary = await openTemporaryFile('w+', { dir: folder, suffix: '.txt' });
        await temporary.file.write('text\n');
        await temporary.file.seek(0);
        expect(await temporary.file.readLine()).toBe('text');
        expect(temporary.path.suffix).toBe('.txt');
        expect(statSync(temporary.path.toString()).mode & 0o777).toBe(0o600);
        await using binary = await openTemporaryFile('w+b', { dir: folder });
        expect(binary.file).toBeInstanceOf(BinaryFile);
        expect(readdirSync(folder.toString())).toHaveLength(2);
      }
      expect(readdirSync(folder.toString())).toEqual([]);
      await expect(openTemporaryFile('r' as never)).rejects.toThrow(RangeError);
    }),
  );

  it(
    'may be moved away, and is removed when the scope is cancelled',
    inFolder(async (folder) => {
      {
        await using temporary = await openTemporaryFile('w+', { dir: folder });
        await temporary.path.rename(folder.join('kept'));
      }
      await new CancelScope().run(async (scope) => {
        await using temporary = await openTemporaryFile('w+', { dir: folder });
        scope.cancel();
        await temporary.file.write('x');
      });
      expect(readdirSync(folder.toString())).toEqual(['kept']);
    }),
  );
});

describe('the place of a temporary entry', () => {
  it(
    'I-21: is in the given directory: a prefix or suffix cannot lead out of it',
    inFolder(async (folder) => {
      for (const option of [{ prefix: '../x-' }, { prefix: '/x' }, { suffix: '/../../x' }, { prefix: 'a\0b' }]) {
        await expect(openTemporaryFile('w+', { dir: folder, ...option })).rejects.toThrow(RangeError);
        await expect(openTemporaryDirectory({ dir: folder, ...option })).rejects.toThrow('must not contain separators');
      }
      await expect(openTemporaryDirectory({ dir: folder, prefix: 5 as never })).rejects.toThrow(TypeError);
      await expect(openTemporaryFile('w+', { dir: folder, suffix: null as never })).rejects.toThrow('not object');
      await using file = await openTemporaryFile('w+', { dir: folder, prefix: '..', suffix: '~' });
      expect(file.path.parent.equals(folder)).toBe(true);
      expect(readdirSync(folder.toString())).toEqual([file.path.name]);
    }),
  );

  it(
    'I-21: is removed even if the working directory has changed',
    inFolder(async (folder) => {
      const before = process.cwd();
      mkdirSync(folder.join('rel').toString());
      try {
        process.chdir(folder.toString());
        {
          await using directory = await openTemporaryDirectory({ dir: 'rel' });
          await using file = await openTemporaryFile('w+', { dir: 'rel' });
          process.chdir('/');
          expect(readdirSync(folder.join('rel').toString()).sort()).toEqual(
            [directory.path.name, file.path.name].sort(),
          );
          expect([directory.path.isAbsolute(), file.path.isAbsolute()]).toEqual([true, true]);
        }
      } finally {
        process.chdir(before);
      }
      expect(readdirSync(folder.join('rel').toString())).toEqual([]);
    }),
  );

  it(
    'I-21: is named in errors as the directory, without the random name',
    inFolder(async (folder) => {
      const dir = folder.join('missing');
      await expect(openTemporaryDirectory({ dir })).rejects.toThrow(
        `cannot make a temporary directory in ${dir.toString()}: ENOENT`,
      );
      await expect(openTemporaryFile('w+', { dir })).rejects.toMatchObject({ code: 'ENOENT', path: dir.toString() });
    }),
  );
});

it(
  'a temporary file is only for its owner, also when no permissions are passed on',
  inFolder(async (folder) => {
    await using file = await openTemporaryFile('w+', { dir: folder, permissions: undefined } as never);
    expect(statSync(file.path.toString()).mode & 0o777).toBe(0o600);
  }),
);
