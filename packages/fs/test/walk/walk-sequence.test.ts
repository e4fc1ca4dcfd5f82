import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, checkpoint } from '@tercet/core';
import { defaultPoolLimiter, FsError, Path } from '@tercet/fs';
import type { WalkOptions } from '@tercet/fs';
import { CapacityLimiter } from '@tercet/sync';
import { collect, inFolder } from '../support/in-folder.ts';

function plant(folder: Path): void {
  for (const name of ['a/b/c/1.txt', 'a/b/2.txt', 'a/d/3.txt', 'e/4.txt', '5.txt']) {
    mkdirSync(folder.join(name).parent.toString(), { recursive: true });
    writeFileSync(folder.join(name).toString(), name);
  }
}

async function visited(folder: Path, options?: WalkOptions): Promise<string[]> {
  const walked = await collect(folder.walk(options));
  return walked.map(({ path }) => path.relativeTo(folder).asPosix());
}

describe('walk', () => {
  it(
    'returns each directory before the directories in it',
    inFolder(async (folder) => {
      plant(folder);
      const order = await visited(folder);
      expect([...order].sort()).toEqual(['.', 'a', 'a/b', 'a/b/c', 'a/d', 'e']);
      for (const path of order) {
        const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.';
        expect(order.indexOf(parent)).toBeLessThanOrEqual(order.indexOf(path));
      }
    }),
  );

  it(
    'returns each directory after the directories in it, bottom up',
    inFolder(async (folder) => {
      plant(folder);
      const order = await visited(folder, { topDown: false });
      expect(order.at(-1)).toBe('.');
      expect(order.indexOf('a/b/c')).toBeLessThan(order.indexOf('a/b'));
      expect(order.indexOf('a/d')).toBeLessThan(order.indexOf('a'));
    }),
  );

  it(
    'does not enter directories that were removed from dirs',
    inFolder(async (folder) => {
      plant(folder);
      const names: string[] = [];
      for await (const { path, dirs, files } of folder.walk()) {
        names.push(path.name, ...files);
        const at = dirs.indexOf('b');
        if (at !== -1) dirs.splice(at, 1);
      }
      expect(names).not.toContain('b');
      expect(names).not.toContain('2.txt');
      expect(names).toContain('3.txt');
    }),
  );

  it(
    'lists links to directories as files, or follows them, but never in circles',
    inFolder(async (folder) => {
      plant(folder);
      symlinkSync('../e', folder.join('a', 'link').toString());
      symlinkSync('../..', folder.join('a', 'b', 'loop').toString());
      symlinkSync('nowhere', folder.join('broken').toString());
      const [, a] = await collect(folder.join('a').walk()).then((walked) => [walked.length, walked[0]] as const);
      expect(a?.files).toContain('link');
      const followed = await visited(folder, { followSymlinks: true });
      expect(followed).toContain('a/link');
      expect(followed).not.toContain('a/b/loop');
      const [root] = await collect(folder.walk({ followSymlinks: true }));
      expect(root?.files).toContain('broken');
    }),
  );

  it(
    'finds the same files as find in a real tree',
    inFolder(async () => {
      const tree = new Path(new URL('../../../..', import.meta.url)).join('packages');
      const expected = execFileSync('find', ['.', '-name', 'node_modules', '-prune', '-o', '-type', 'f', '-print'], {
        cwd: tree.toString(),
        encoding: 'utf8',
      });
      const files: string[] = [];
      for await (const { path, dirs, files: names } of tree.walk()) {
        const at = dirs.indexOf('node_modules');
        if (at !== -1) dirs.splice(at, 1);
        for (const name of names) {
          const file = path.join(name);
          if (file.lstatSync().isFile()) files.push(`./${file.relativeTo(tree).asPosix()}`);
        }
      }
      // Other processes may change that tree at the same time.
      const settled = (paths: string[]): string[] =>
        paths.filter((each) => !/\/(?:dist|\.jest|\.turbo|coverage)\//.test(each)).sort();
      expect(settled(files)).toEqual(settled(expected.trim().split('\n')));
    }),
  );

  it(
    'goes on when a directory vanishes, or becomes a file, between its listing and its turn',
    inFolder(async (folder) => {
      plant(folder);
      const names: string[] = [];
      for await (const { path, dirs } of folder.walk()) {
        names.push(path.name);
        if (path.equals(folder)) {
          dirs.sort();
          rmSync(folder.join('e').toString(), { recursive: true });
          renameSync(folder.join('a', 'd').toString(), folder.join('moved').toString());
          writeFileSync(folder.join('a', 'd').toString(), 'a file now');
        }
      }
      expect(names).toEqual([folder.name, 'a', 'b', 'c']);
    }),
  );

  it(
    'throws the error of the first directory, or passes it to onError',
    inFolder(async (folder) => {
      const missing = folder.join('missing');
      await expect(collect(missing.walk())).rejects.toMatchObject({ code: 'ENOENT', syscall: 'scandir' });
      const errors: FsError[] = [];
      expect(await collect(missing.walk({ onError: (error) => errors.push(error) }))).toEqual([]);
      expect(errors.map((error) => error.message)).toEqual([
        expect.stringContaining(`cannot list ${missing.toString()}`),
      ]);
    }),
  );

  it(
    'leaves nothing pending when the loop is left, and returns all tokens',
    inFolder(async (folder) => {
      for (let i = 0; i < 40; i++) mkdirSync(folder.join(`d${i}`).toString());
      const before = defaultPoolLimiter().availableTokens;
      let count = 0;
      for await (const _ of folder.walk()) if (++count === 3) break;
      expect(defaultPoolLimiter().availableTokens).toBe(before);
    }),
  );

  it(
    'ends at the next step when it is cancelled, with nothing pending',
    inFolder(async (folder) => {
      for (let i = 0; i < 40; i++) mkdirSync(folder.join(`d${i}`).toString());
      const before = defaultPoolLimiter().availableTokens;
      const scope = new CancelScope();
      let count = 0;
      await scope.run(async () => {
        for await (const _ of folder.walk()) if (++count === 3) scope.cancel();
      });
      expect(scope.cancelledCaught).toBe(true);
      expect(count).toBe(3);
      expect(defaultPoolLimiter().availableTokens).toBe(before);
      await checkpoint();
    }),
  );

  it(
    'reads ahead while the loop is busy, several directories at a time, up to a limit',
    inFolder(async (folder) => {
      const names = Array.from({ length: 200 }, (_, i) => `d${i}`);
      for (const name of names) mkdirSync(folder.join(name).toString());
      const limiter = new CapacityLimiter(100);
      let most = 0;
      let withoutNew = 0;
      for await (const { path, dirs, files } of folder.walk({ limiter })) {
        most = Math.max(most, limiter.borrowedTokens);
        if (dirs.length > 0) continue;
        if (withoutNew + files.length > 0) {
          withoutNew += 1 - files.length;
          continue;
        }
        // Directories that were read by now do not have the entries created below.
        while (limiter.borrowedTokens > 0) await path.stat();
        for (const name of names) writeFileSync(folder.join(name, 'new').toString(), '');
        withoutNew = 1;
      }
      expect(most).toBeGreaterThan(1);
      expect(most).toBeLessThanOrEqual(16);
      expect(withoutNew).toBeGreaterThan(32);
      expect(withoutNew).toBeLessThanOrEqual(65);
    }),
  );

  it(
    'returns a large tree in the same order as without reading ahead',
    inFolder(async (folder) => {
      for (let i = 0; i < 400; i++) {
        const name = `${i % 7}/${i % 5}/${i % 11}/${i}`;
        mkdirSync(folder.join(name).toString(), { recursive: true });
      }
      const down = (path: Path): string[] => [path, ...subdirectories(path).flatMap((each) => down(each))].map(String);
      const up = (path: Path): string[] => [...subdirectories(path).flatMap((each) => up(each)), path].map(String);
      const pruned = (path: Path): string[] =>
        [
          path,
          ...subdirectories(path)
            .filter(isKept)
            .flatMap((each) => pruned(each)),
        ].map(String);
      expect((await collect(folder.walk())).map(({ path }) => path.toString())).toEqual(down(folder));
      expect((await collect(folder.walk({ topDown: false }))).map(({ path }) => path.toString())).toEqual(up(folder));
      const kept: string[] = [];
      const limiter = new CapacityLimiter(40);
      for await (const { path, dirs } of folder.walk({ limiter })) {
        kept.push(path.toString());
        dirs.splice(0, dirs.length, ...dirs.filter((name) => isKept(path.join(name))));
      }
      expect(kept).toEqual(pruned(folder));
      expect(limiter.borrowedTokens).toBe(0);
    }),
  );

  it(
    'without reading ahead, sees changes that the loop makes below the current directory',
    inFolder(async (folder) => {
      const names = Array.from({ length: 40 }, (_, i) => `d${i}`);
      for (const name of names) mkdirSync(folder.join(name, 'old').toString(), { recursive: true });
      const seen: string[] = [];
      for await (const { path, dirs } of folder.walk({ readAhead: false })) {
        seen.push(path.name);
        if (dirs[0] === 'old') {
          renameSync(path.join('old').toString(), path.join('new').toString());
          dirs[0] = 'new';
          mkdirSync(path.join('new', 'made').toString());
        }
      }
      expect(seen.filter((name) => name === 'made')).toHaveLength(40);
      expect(seen).not.toContain('old');
    }),
  );
});

describe('a relative path', () => {
  it(
    'I-21: is resolved by walk, glob and iterdir when they are called',
    inFolder(async (folder) => {
      plant(folder);
      const before = process.cwd();
      process.chdir(folder.toString());
      const [dot, sub] = [new Path('.'), new Path('a')];
      const found = [dot.walk(), sub.walk(), dot.glob('**/*.txt'), sub.rglob('*.txt'), dot.iterdir(), sub.iterdir()];
      process.chdir(before);
      const names = [];
      for (const each of found) names.push((await collect<unknown>(each as AsyncIterable<unknown>)).length);
      expect(names).toEqual([6, 4, 5, 3, 3, 2]);
      const [first] = await collect(folder.join('e').walk());
      expect(first?.files).toEqual(['4.txt']);
    }),
  );
});

function subdirectories(path: Path): Path[] {
  return path.iterdirSync().filter((each) => each.isDirSync());
}

function isKept({ name }: Path): boolean {
  return Number(name) % 3 !== 1;
}
