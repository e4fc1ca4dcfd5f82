import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, closeSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { abandonable, all, CancelScope, isCancelled } from '@tercet/core';
import { writeAtomic } from '@tercet/fs';
import { asNobody } from '../support/as-nobody.ts';
import { inFolder } from '../support/in-folder.ts';

describe('writeAtomic', () => {
  it(
    'creates a file, and replaces one, and leaves nothing else behind',
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
    'keeps the permissions of the file it replaces, or sets the given ones',
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
    'follows a link to the file',
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
    'removes the new file if it cannot be renamed',
    inFolder(async (folder) => {
      mkdirSync(folder.join('x').toString());
      await expect(writeAtomic(folder.join('x'), 'new')).rejects.toMatchObject({ code: 'EISDIR', syscall: 'open' });
      await expect(writeAtomic(folder.join('missing', 'x'), 'new')).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(writeAtomic(folder.join('x'), 5 as never)).rejects.toThrow(TypeError);
      expect(readdirSync(folder.toString())).toEqual(['x']);
    }),
  );
});

describe('writeAtomic, by the kind of its target', () => {
  it(
    'I-6: creates the file that a chain of links leads to, and keeps the links',
    inFolder(async (folder) => {
      mkdirSync(folder.join('real').toString());
      symlinkSync('real/cfg.json', folder.join('cfg.json').toString());
      symlinkSync(folder.join('cfg.json').toString(), folder.join('chain').toString());
      await writeAtomic(folder.join('chain'), '{}');
      expect(readFileSync(folder.join('real', 'cfg.json').toString(), 'utf8')).toBe('{}');
      expect(readdirSync(folder.join('real').toString())).toEqual(['cfg.json']);
      expect(lstatSync(folder.join('cfg.json').toString()).isSymbolicLink()).toBe(true);
      symlinkSync('nowhere/cfg.json', folder.join('lost').toString());
      await expect(writeAtomic(folder.join('lost'), '{}')).rejects.toMatchObject({ code: 'ENOENT' });
      symlinkSync('circle', folder.join('circle').toString());
      await expect(writeAtomic(folder.join('circle'), '{}')).rejects.toMatchObject({ code: 'ELOOP' });
    }),
  );

  it(
    'I-6: writes to a removed file, and to a pipe behind a link, instead of creating files of that name',
    inFolder(async (folder) => {
      const lost = folder.join('lost').toString();
      writeFileSync(lost, 'a long old content');
      const fd = openSync(lost, 'r+');
      unlinkSync(lost);
      symlinkSync(`/proc/self/fd/${fd}`, folder.join('link').toString());
      await writeAtomic(folder.join('link'), 'new');
      expect(readFileSync(fd, 'utf8')).toBe('new');
      closeSync(fd);
      const script = "sh -c 'echo $$ > pid.tmp; mv pid.tmp pid; exec sleep 600' | cat > out";
      const piping = spawn('sh', ['-c', script], { cwd: folder.toString(), stdio: 'ignore' });
      const ended = once(piping, 'exit');
      await using events = folder.join('pid').watch({ debounce: 1 });
      while (!(await folder.join('pid').exists())) await events.next();
      const pid = Number(readFileSync(folder.join('pid').toString(), 'utf8'));
      symlinkSync(`/proc/${pid}/fd/1`, folder.join('stdout').toString());
      await writeAtomic(folder.join('stdout'), 'through the pipe');
      process.kill(pid);
      await abandonable(ended);
      expect(readFileSync(folder.join('out').toString(), 'utf8')).toBe('through the pipe');
      expect(readdirSync(folder.toString()).sort()).toEqual(['link', 'out', 'pid', 'stdout']);
    }),
  );

  it(
    'I-7: accepts names as long as the file system allows',
    inFolder(async (folder) => {
      for (const length of [237, 238, 240, 254, 255]) {
        await writeAtomic(folder.join('a'.repeat(length)), 'x');
        expect(readFileSync(folder.join('a'.repeat(length)).toString(), 'utf8')).toBe('x');
      }
      await writeAtomic(folder.join('\u00e9'.repeat(127)), 'x');
      await expect(writeAtomic(folder.join('a'.repeat(256)), 'x')).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
      expect(readdirSync(folder.toString())).toHaveLength(6);
    }),
  );

  it(
    'I-6: throws errors about the given path, not about the temporary file',
    inFolder(async (folder) => {
      const path = folder.join('missing', 'x');
      const failure: unknown = await writeAtomic(path, 'x').catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'FsError', code: 'ENOENT', syscall: 'open', path: path.toString() });
      expect((failure as Error).message).toBe(
        `cannot write ${path.toString()}: ENOENT: no such file or directory, open '${path.toString()}'`,
      );
      expect((failure as Error).stack).toContain('write-atomic.test.ts');
    }),
  );

  it(
    'I-21: resolves a relative path at the call, even if the working directory changes',
    inFolder(async (folder) => {
      const before = process.cwd();
      mkdirSync(folder.join('other').toString());
      process.chdir(folder.toString());
      try {
        const writing = writeAtomic('x', 'x');
        process.chdir(folder.join('other').toString());
        await writing;
      } finally {
        process.chdir(before);
      }
      expect(readdirSync(folder.toString()).sort()).toEqual(['other', 'x']);
      expect(readdirSync(folder.join('other').toString())).toEqual([]);
    }),
  );

  it(
    'I-17: keeps owner and group of a file, as far as permitted',
    inFolder(async (folder) => {
      const path = folder.join('x').toString();
      writeFileSync(path, 'old');
      const isRoot = process.geteuid?.() === 0;
      if (isRoot) chownSync(path, 65_534, 65_533);
      chmodSync(path, 0o4640);
      const { uid, gid, mode } = statSync(path);
      await writeAtomic(path, 'new');
      expect(statSync(path)).toMatchObject({ uid, gid, mode });
      expect(mode & 0o7777).toBe(0o4640);
      // Without the permission to give it back, the file gets a new owner, and loses setuid.
      if (isRoot) chownSync(path, 0, 0);
      chmodSync(path, 0o4755);
      chmodSync(folder.toString(), 0o777);
      await asNobody(() => writeAtomic(path, 'newer'));
      expect(readFileSync(path, 'utf8')).toBe('newer');
      expect(statSync(path).mode & 0o7777).toBe(isRoot ? 0o755 : 0o4755);
    }),
  );
});
