import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { GlobOptions, Path } from '@tercet/fs';
import { collect, inFolder } from '../support/in-folder.ts';

const FILES = [
  'a.txt',
  'b.md',
  '.hidden.txt',
  'src/x.ts',
  'src/y.js',
  'src/lib/z.ts',
  'src/lib/z.test.ts',
  'src/.git/c.ts',
  'doc/a/b/c/deep.txt',
];

function plant(folder: Path): void {
  for (const name of FILES) {
    mkdirSync(folder.join(name).parent.toString(), { recursive: true });
    writeFileSync(folder.join(name).toString(), name);
  }
}

async function found(folder: Path, pattern: string | string[], options?: GlobOptions): Promise<string[]> {
  const paths = await collect(folder.glob(pattern, options));
  return paths.map((path) => path.relativeTo(folder).asPosix()).sort();
}

describe('glob', () => {
  it(
    'PTH-015: finds paths by name, at any depth, and with rglob',
    inFolder(async (folder) => {
      plant(folder);
      expect(await found(folder, '*.txt')).toEqual(['.hidden.txt', 'a.txt']);
      expect(await found(folder, '**/*.txt')).toEqual(['.hidden.txt', 'a.txt', 'doc/a/b/c/deep.txt']);
      const paths = await collect(folder.rglob('*.ts'));
      expect(paths.map((path) => path.name).sort()).toEqual(['c.ts', 'x.ts', 'z.test.ts', 'z.ts']);
      for (const path of paths) expect(path).toBeInstanceOf(folder.constructor);
    }),
  );

  it(
    'supports braces, extended patterns, classes and single characters',
    inFolder(async (folder) => {
      plant(folder);
      expect(await found(folder, 'src/*.{ts,js}')).toEqual(['src/x.ts', 'src/y.js']);
      expect(await found(folder, '{src/lib,doc/a}/*')).toEqual(['doc/a/b', 'src/lib/z.test.ts', 'src/lib/z.ts']);
      expect(await found(folder, '[ab].*')).toEqual(['a.txt', 'b.md']);
      expect(await found(folder, '?.!(md)')).toEqual(['a.txt']);
      expect(await found(folder, 'src/lib/z.ts')).toEqual(['src/lib/z.ts']);
      expect(await found(folder, 'nothing/**/*.ts')).toEqual([]);
    }),
  );

  it(
    'excludes matches of negated patterns and of `exclude`, and names with a dot if `dot` is false',
    inFolder(async (folder) => {
      plant(folder);
      expect(await found(folder, ['**/*.ts', '!**/*.test.ts'])).toEqual(['src/.git/c.ts', 'src/lib/z.ts', 'src/x.ts']);
      expect(await found(folder, '**/*.ts', { exclude: ['src/lib/**'] })).toEqual(['src/.git/c.ts', 'src/x.ts']);
      expect(await found(folder, '**/*.{ts,txt}', { dot: false })).toEqual([
        'a.txt',
        'doc/a/b/c/deep.txt',
        'src/lib/z.test.ts',
        'src/lib/z.ts',
        'src/x.ts',
      ]);
    }),
  );

  it(
    'returns only directories for a pattern that ends with a slash',
    inFolder(async (folder) => {
      plant(folder);
      expect(await found(folder, 's*/')).toEqual(['src']);
      expect(await found(folder, 'doc/**/')).toEqual(['doc/a', 'doc/a/b', 'doc/a/b/c']);
    }),
  );

  it(
    'follows a link that the pattern names, and others only with followSymlinks, never in circles',
    inFolder(async (folder) => {
      plant(folder);
      symlinkSync('../src/lib', folder.join('doc', 'link').toString());
      symlinkSync('..', folder.join('src', 'loop').toString());
      expect(await found(folder, 'doc/link/*.ts')).toEqual(['doc/link/z.test.ts', 'doc/link/z.ts']);
      expect(await found(folder, '*/link/z.ts')).toEqual(['doc/link/z.ts']);
      expect(await found(folder, '**/z.ts')).toEqual(['src/lib/z.ts']);
      expect(await found(folder, '**/z.ts', { followSymlinks: true })).toEqual(['doc/link/z.ts', 'src/lib/z.ts']);
    }),
  );

  it(
    'returns nothing if the directory does not exist',
    inFolder(async (folder) => {
      expect(await found(folder.join('missing'), '**')).toEqual([]);
    }),
  );

  it(
    'refuses patterns that are empty, absolute or not strings',
    inFolder(async (folder) => {
      expect(() => folder.glob('')).toThrow(RangeError);
      expect(() => folder.glob('/etc/*')).toThrow('must be relative and not empty, but is "/etc/*"');
      expect(() => folder.glob(['!*.ts'])).toThrow('give at least one pattern');
      expect(() => folder.glob(1 as never)).toThrow(TypeError);
      await folder.exists();
    }),
  );

  it(
    'finds the same as find',
    inFolder(async (folder) => {
      plant(folder);
      const listed = execFileSync('find', ['.', '-name', '*.t*'], { cwd: folder.toString(), encoding: 'utf8' });
      const expected = listed
        .trim()
        .split('\n')
        .map((line) => line.slice(2))
        .sort();
      expect(await found(folder, '**/*.t*')).toEqual(expected);
    }),
  );
});
