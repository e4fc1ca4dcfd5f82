import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { all } from '@tercet/core';
import { openFile, openTemporaryDirectory, Path, writeAtomic } from '@tercet/fs';
import { collect, inFolder } from '../support/in-folder.ts';

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;
const NOBODY = 65_534;

/** Runs as a user to whom permissions apply: root may do everything. */
async function asNobody<T>(body: () => Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    return await body();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('when permission is denied', () => {
  it(
    'throws an error that says what was attempted, and leaves nothing open',
    inFolder(async (folder) => {
      writeFileSync(folder.join('secret').toString(), 'x', { mode: 0o600 });
      if (process.geteuid?.() !== 0) chmodSync(folder.join('secret').toString(), 0);
      mkdirSync(folder.join('closed').toString(), { mode: 0 });
      chmodSync(folder.toString(), 0o555);
      const before = openDescriptors();
      await asNobody(async () => {
        const denied = { name: 'FsError', code: 'EACCES' };
        await expect(folder.join('secret').readText()).rejects.toMatchObject({ ...denied, syscall: 'open' });
        await expect(openFile(folder.join('secret'), 'a')).rejects.toThrow(
          `cannot open ${folder.join('secret').toString()}: EACCES`,
        );
        await expect(folder.join('new').writeText('x')).rejects.toMatchObject(denied);
        await expect(writeAtomic(folder.join('new'), 'x')).rejects.toMatchObject(denied);
        await expect(folder.join('closed', 'x').stat()).rejects.toMatchObject(denied);
        await expect(folder.join('closed', 'x').exists()).rejects.toMatchObject(denied);
        await expect(collect(folder.walk())).rejects.toMatchObject({ ...denied, syscall: 'scandir' });
        const codes: string[] = [];
        const seen = await collect(folder.walk({ onError: (error) => codes.push(error.code) }));
        expect([seen.length, codes]).toEqual([1, ['EACCES']]);
      });
      chmodSync(folder.toString(), 0o755);
      expect(openDescriptors()).toBe(before);
      expect(readdirSync(folder.toString()).sort()).toEqual(['closed', 'secret']);
    }),
  );
});

describe('when a file changes while it is read', () => {
  it(
    'a replaced file is read to its end, and the path leads to the new one',
    inFolder(async (folder) => {
      const path = folder.join('x');
      writeFileSync(path.toString(), 'old\n'.repeat(100_000));
      await using file = await openFile(path);
      expect(await file.readLine()).toBe('old');
      writeFileSync(folder.join('y').toString(), 'new\n');
      renameSync(folder.join('y').toString(), path.toString());
      const rest = await collect(file);
      expect(rest).toHaveLength(99_999);
      expect(new Set(rest)).toEqual(new Set(['old']));
      expect(await path.readText()).toBe('new\n');
    }),
  );

  it(
    'a truncated file ends earlier, and a growing one later',
    inFolder(async (folder) => {
      const path = folder.join('x');
      writeFileSync(path.toString(), 'x'.repeat(200_000));
      await using file = await openFile(path, 'rb');
      await file.read(10);
      truncateSync(path.toString(), 100);
      expect((await file.read()).length).toBeLessThan(199_990);
      expect(await file.read(1)).toEqual(new Uint8Array());
      await using text = await openFile(path);
      await text.read();
      expect(await text.readLine()).toBeNull();
      await path.appendText('more\n');
      expect(await text.readLine()).toBe('more');
    }),
  );
});

describe('names that are not UTF-8', () => {
  it(
    'are listed, walked, found, opened, renamed and removed like any other',
    inFolder(async (folder) => {
      const name = Buffer.from([0x61, 0xff, 0xfe, 0x2e, 0x74]);
      const raw = Buffer.concat([Buffer.from(`${folder.toString()}/`), name]);
      writeFileSync(raw, 'content');
      mkdirSync(Buffer.concat([raw, Buffer.from('.d')]));
      const listed = await collect(folder.iterdir());
      const file = listed.find((path) => path.suffix === '.t') as Path;
      expect(Buffer.from(file.toBytes()).equals(raw)).toBe(true);
      expect(folder.iterdirSync().some((path) => path.equals(file))).toBe(true);
      expect(await file.readText()).toBe('content');
      const [walked] = await collect(folder.walk());
      expect([walked?.files, walked?.dirs]).toEqual([['a\udcff\udcfe.t'], ['a\udcff\udcfe.t.d']]);
      const found = await collect(folder.glob('a*.t'));
      expect(found.map(String)).toEqual([file.toString()]);
      await file.rename(file.withSuffix('.u'));
      await file.withSuffix('.u').appendText('!');
      await folder.join('link').symlinkTo(file.withSuffix('.u').name);
      expect((await folder.join('link').readlink()).toString()).toBe(file.withSuffix('.u').name);
      expect(
        (await folder.join('link').resolve()).equals((await folder.resolve()).join(file.withSuffix('.u').name)),
      ).toBe(true);
      await file.withSuffix('.u').unlink();
      expect(await collect(folder.glob('a*'))).toHaveLength(1);
      await expect(file.readText()).rejects.toMatchObject({ code: 'ENOENT' });
    }),
  );
});

describe('when descriptors run out', () => {
  const limits = (): { soft: string; hard: string } => {
    const ulimit = (which: string): string =>
      execFileSync('sh', ['-c', `ulimit -${which}n`], { encoding: 'utf8' }).trim();
    return { soft: ulimit('S'), hard: ulimit('H') };
  };
  const limit = (soft: string, hard: string): void => {
    execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${soft}:${hard}`]);
  };

  it(
    'a temporary directory is removed as soon as there are descriptors again',
    inFolder(async (folder) => {
      const { soft, hard } = limits();
      const directory = await openTemporaryDirectory({ dir: folder });
      await directory.path.join('x').writeText('x');
      limit(String(openDescriptors() + 50), hard);
      const taken: number[] = [];
      try {
        expect(() => {
          for (;;) taken.push(openSync('/dev/null', 'r'));
        }).toThrow('EMFILE');
        const removal = directory[Symbol.asyncDispose]();
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(existsSync(directory.path.join('x').toString())).toBe(true);
        for (const descriptor of taken.splice(0)) closeSync(descriptor);
        await removal;
      } finally {
        for (const descriptor of taken) closeSync(descriptor);
        limit(soft, hard);
      }
      expect(readdirSync(folder.toString())).toEqual([]);
    }),
  );

  it(
    'operations fail with EMFILE, leak none, and work again later',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await path.writeText('x');
      const { soft, hard } = limits();
      const before = openDescriptors();
      limit(String(before + 20), hard);
      const held: AsyncDisposable[] = [];
      try {
        const outcomes = await all(
          Array.from({ length: 60 }, () => async () => {
            try {
              held.push(await openFile(path));
              return 'opened';
            } catch (error) {
              return (error as { code: string }).code;
            }
          }),
        );
        expect(new Set(outcomes)).toEqual(new Set(['opened', 'EMFILE']));
        const exhausted = { name: 'FsError', code: 'EMFILE' };
        await expect(path.readText()).rejects.toMatchObject(exhausted);
        await expect(collect(folder.iterdir())).rejects.toMatchObject(exhausted);
        await expect(collect(folder.walk())).rejects.toMatchObject(exhausted);
        await expect(writeAtomic(path, 'new')).rejects.toMatchObject(exhausted);
      } finally {
        for (const file of held) await file[Symbol.asyncDispose]();
        limit(soft, hard);
      }
      expect(openDescriptors()).toBe(before);
      expect(await path.readText()).toBe('x');
      expect(readdirSync(folder.toString())).toEqual(['x']);
    }),
  );
});
