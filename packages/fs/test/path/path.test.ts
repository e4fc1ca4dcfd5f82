import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, run } from '@tercet/core';
import { FsError, Path } from '@tercet/fs';
import { collect, inFolder } from '../support/in-folder.ts';

const isCode = (code: string): unknown => expect.objectContaining({ name: 'FsError', code }) as unknown;

describe('Path on disk', () => {
  it(
    'PTH-009: shows what exists, with the same answers as the synchronous methods',
    inFolder(async (folder) => {
      writeFileSync(folder.join('file').toString(), 'x');
      mkdirSync(folder.join('dir').toString());
      symlinkSync('file', folder.join('link').toString());
      symlinkSync('nowhere', folder.join('broken').toString());
      symlinkSync('circle', folder.join('circle').toString());
      execFileSync('mkfifo', [folder.join('fifo').toString()]);
      const kinds: Record<string, [boolean, boolean, boolean, boolean]> = {};
      for (const name of ['file', 'dir', 'link', 'broken', 'circle', 'fifo', 'missing', 'file/below']) {
        const path = folder.join(name);
        kinds[name] = [await path.exists(), await path.isFile(), await path.isDir(), await path.isSymlink()];
        expect([path.existsSync(), path.isFileSync(), path.isDirSync()]).toEqual(kinds[name].slice(0, 3));
      }
      expect(kinds).toEqual({
        file: [true, true, false, false],
        dir: [true, false, true, false],
        link: [true, true, false, true],
        broken: [false, false, false, true],
        circle: [false, false, false, true],
        fifo: [true, false, false, false],
        missing: [false, false, false, false],
        'file/below': [false, false, false, false],
      });
      expect(await folder.join('fifo').isFifo()).toBe(true);
      expect(await folder.isSocket()).toBe(false);
      expect([await new Path('/dev/null').isCharDevice(), await new Path('/dev/null').isBlockDevice()]).toEqual([
        true,
        false,
      ]);
      expect([await new Path('/').isMount(), await folder.isMount()]).toEqual([true, false]);
      expect([await folder.canAccess('rwx'), await folder.join('missing').canAccess('r')]).toEqual([true, false]);
    }),
  );

  it(
    'PTH-010: absolute and resolve return absolute paths of the same class',
    inFolder(async (folder) => {
      const relative = new Path('x', 'y');
      expect(relative.absolute().toString()).toBe(new Path(process.cwd(), 'x', 'y').toString());
      expect(folder.absolute()).toBe(folder);
      const real = await folder.resolve();
      mkdirSync(real.join('a', 'b').toString(), { recursive: true });
      symlinkSync('a/b', real.join('link').toString());
      symlinkSync('a/missing/x', real.join('broken').toString());
      symlinkSync('circle', real.join('circle').toString());
      const resolved = await folder.join('link', '..', 'c', 'd').resolve();
      expect(resolved).toBeInstanceOf(Path);
      expect(resolved.toString()).toBe(real.join('a', 'c', 'd').toString());
      expect((await folder.join('broken').resolve()).toString()).toBe(real.join('a', 'missing', 'x').toString());
      await expect(folder.join('broken').resolve({ strict: true })).rejects.toEqual(isCode('ENOENT'));
      await expect(folder.join('circle').resolve()).rejects.toEqual(isCode('ELOOP'));
    }),
  );

  it(
    'PTH-015: creates directories, writes bytes, and finds them again',
    inFolder(async (folder) => {
      const directory = folder.join('a', 'b');
      await expect(directory.mkdir()).rejects.toEqual(isCode('ENOENT'));
      await directory.mkdir({ parents: true, mode: 0o750 });
      expect(statSync(directory.toString()).mode & 0o777).toBe(0o750);
      await expect(directory.mkdir({ parents: true })).rejects.toEqual(isCode('EEXIST'));
      await directory.mkdir({ existOk: true });
      await directory.join('x.txt').writeBytes(new Uint8Array([1, 2, 3]));
      await expect(directory.join('x.txt').mkdir({ existOk: true })).rejects.toEqual(isCode('EEXIST'));
      expect(await directory.join('x.txt').readBytes()).toEqual(new Uint8Array([1, 2, 3]));
      await directory.join('x.txt').appendBytes(new Uint8Array([4]));
      expect(directory.join('x.txt').readBytesSync()).toEqual(new Uint8Array([1, 2, 3, 4]));
      const found = await collect(folder.rglob('*.txt'));
      expect(found.map(String)).toEqual([directory.join('x.txt').toString()]);
    }),
  );

  it(
    'PTH-016: has a URL once it is resolved',
    inFolder(async (folder) => {
      expect((await folder.resolve()).toURL().href).toMatch(/^file:\/\/\//);
    }),
  );

  it(
    'PTH-017: lists a directory of any size, only as far as the loop needs it',
    inFolder(async (folder) => {
      const names = Array.from({ length: 700 }, (_, i) => `f${i}`);
      for (const name of names) writeFileSync(folder.join(name).toString(), '');
      const paths = await collect(folder.iterdir());
      expect(paths.map((path) => path.name).sort()).toEqual(names.sort());
      for (const path of paths) expect(path.equals(folder.join(path.name))).toBe(true);
      expect(folder.iterdirSync().map(String).sort()).toEqual(paths.map(String).sort());
      for await (const _ of folder.iterdir()) break;
      await expect(collect(folder.join('f1').iterdir())).rejects.toEqual(isCode('ENOTDIR'));
      const scope = new CancelScope();
      await scope.run(async () => {
        for await (const _ of folder.iterdir()) scope.cancel();
      });
      expect(scope.cancelledCaught).toBe(true);
    }),
  );

  it(
    'PTH-018: cwd and home are paths',
    inFolder(async () => {
      expect((await Path.cwd()).toString()).toBe(process.cwd());
      expect(await Path.home()).toBeInstanceOf(Path);
      expect(new Path('~', 'x').expandUser().toString()).toBe(new Path(homedir(), 'x').toString());
      expect(new Path('a~').expandUser().toString()).toBe('a~');
      expect(() => new Path('~somebody').expandUser()).toThrow(RangeError);
    }),
  );

  it(
    'reads and writes files of all sizes, and files that have no size',
    inFolder(async (folder) => {
      const path = folder.join('x');
      for (const size of [0, 1, 8191, 8192, 65_535, 65_536, 65_537, 5_000_000]) {
        const content = Buffer.alloc(size, 'abcdefghijk');
        await path.writeBytes(content);
        expect(Buffer.compare(readFileSync(path.toString()), content)).toBe(0);
        expect(Buffer.compare(await path.readBytes(), content)).toBe(0);
      }
      expect(await new Path('/proc/self/status').readText()).toContain('VmRSS');
      expect(await new Path('/dev/null').readText()).toBe('');
      await path.writeText('y\u00e9');
      await path.appendText('z');
      expect([await path.readText(), path.readTextSync()]).toEqual(['y\u00e9z', 'y\u00e9z']);
      path.writeTextSync('t');
      path.writeBytesSync(new Uint8Array([0x75]));
      expect(await path.readText()).toBe('u');
      await expect(path.writeBytes('text' as never)).rejects.toThrow('use writeText() for text');
      await expect(path.writeText(new Uint8Array(1) as never)).rejects.toThrow(TypeError);
    }),
  );

  it(
    'renames, copies, touches, truncates and removes',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await path.touch();
      await expect(path.touch({ existOk: false })).rejects.toEqual(isCode('EEXIST'));
      await path.utimes(1, 2);
      expect(statSync(path.toString()).mtimeMs).toBe(2000);
      await path.touch();
      expect(statSync(path.toString()).mtimeMs).toBeGreaterThan(1e12);
      await path.writeText('0123');
      for (const size of [-1, 0.5, NaN]) await expect(path.truncate(size)).rejects.toThrow(RangeError);
      await path.truncate(2);
      const moved = await path.rename(folder.join('y'));
      expect(moved.equals(folder.join('y'))).toBe(true);
      await moved.copy(folder.join('z'));
      await expect(moved.copy(folder.join('z'), { overwrite: false })).rejects.toEqual(isCode('EEXIST'));
      expect(readFileSync(folder.join('z').toString(), 'utf8')).toBe('01');
      mkdirSync(folder.join('d').toString());
      await folder.join('z').replace(folder.join('d', 'z'));
      await folder.join('d').copy(folder.join('e'));
      expect(readFileSync(folder.join('e', 'z').toString(), 'utf8')).toBe('01');
      await expect(folder.join('e').remove()).rejects.toEqual(isCode('ENOTEMPTY'));
      await expect(folder.join('e').rmdir()).rejects.toEqual(isCode('ENOTEMPTY'));
      await folder.join('e').remove({ recursive: true });
      await expect(folder.join('e').remove()).rejects.toEqual(isCode('ENOENT'));
      await folder.join('e').remove({ missingOk: true });
      await folder.join('e').remove({ missingOk: true, recursive: true });
      await folder.join('e').unlink({ missingOk: true });
      await expect(folder.join('e').unlink()).rejects.toEqual(isCode('ENOENT'));
      folder.join('d').removeSync();
      folder.join('p', 'q').mkdirSync();
      await folder.join('p', 'q').rmdir();
      await folder.join('p').remove();
      moved.unlinkSync();
      expect(await collect(folder.iterdir())).toEqual([]);
    }),
  );

  it(
    'creates and reads links, and recognises a file under two names',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await path.writeText('x');
      await folder.join('soft').symlinkTo('x');
      await folder.join('hard').hardlinkTo(path);
      expect((await folder.join('soft').readlink()).toString()).toBe('x');
      expect((await folder.join('soft').lstat()).isSymbolicLink()).toBe(true);
      expect(folder.join('soft').lstatSync().isSymbolicLink()).toBe(true);
      expect(await path.samefile(folder.join('soft'))).toBe(true);
      expect(await path.samefile(folder.join('hard'))).toBe(true);
      expect(await path.samefile(folder)).toBe(false);
      await path.chmod(0o600);
      expect((await path.stat()).mode & 0o777).toBe(0o600);
      await folder.join('soft').utimes(5, 6, { followSymlinks: false });
      expect(lstatSync(folder.join('soft').toString()).mtimeMs).toBe(6000);
      const { uid, gid } = path.statSync();
      await path.chown(uid, gid);
      await folder.join('soft').chown(uid, gid, { followSymlinks: false });
      expect((await folder.statfs()).bsize).toBeGreaterThan(0);
    }),
  );

  it(
    'throws errors that say what was attempted, keep the error of the system, and have the stack of the caller',
    inFolder(async (folder) => {
      const path = folder.join('missing');
      const error: unknown = await path.readText().catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(FsError);
      expect(error).toMatchObject({ code: 'ENOENT', syscall: 'open', path: path.toString() });
      expect((error as Error).message).toContain(`cannot read ${path.toString()}: ENOENT`);
      expect((error as Error).stack).toContain('path.test.ts');
      expect((error as Error).cause).toHaveProperty('code', 'ENOENT');
      await expect(path.rename('/nowhere/x')).rejects.toMatchObject({ dest: '/nowhere/x' });
      expect(() => path.statSync()).toThrow(`cannot stat ${path.toString()}: ENOENT`);
      await expect(path.join('a\0b').stat()).rejects.toHaveProperty('name', 'TypeError');
    }),
  );

  it('needs a run for asynchronous methods, which reject and never throw synchronously', async () => {
    const path = new Path('x');
    for (const call of [
      () => path.stat(),
      () => path.readText(),
      () => path.writeText('x'),
      () => Path.cwd(),
      () => path.open(),
    ]) {
      const promise = call();
      await expect(promise).rejects.toThrow('was called outside of a run');
    }
    await run(async () => {
      const scope = new CancelScope();
      scope.cancel();
      await scope.run(() => path.mkdir());
      expect(scope.cancelledCaught).toBe(true);
      expect(path.existsSync()).toBe(false);
    });
  });
});
