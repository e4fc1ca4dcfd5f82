import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { all, checkpoint, CancelScope, isCancelled, openNursery, StateError } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { BinaryFile, openFile, Path, TextFile } from '@tercet/fs';
import { collect, inFolder } from '../support/in-folder.ts';

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
const text = (data: Uint8Array): string => Buffer.from(data).toString('latin1');

describe('an open binary file', () => {
  it(
    'FIO-005: is closed at the end of the block, and may be closed again',
    inFolder(async (folder) => {
      let kept: BinaryFile;
      {
        await using file = await openFile(folder.join('x'), 'wb');
        expect(file).toBeInstanceOf(BinaryFile);
        expect([file.name, file.mode, file.closed]).toEqual([folder.join('x').toString(), 'wb', false]);
        await file.write(bytes(1, 2));
        kept = file;
      }
      expect(kept.closed).toBe(true);
      await kept.close();
      await expect(kept.write(bytes(3))).rejects.toMatchObject({ name: 'ClosedResourceError' });
      expect(readFileSync(folder.join('x').toString())).toEqual(Buffer.from([1, 2]));
    }),
  );

  it(
    'reads the given size, or the rest, and nothing at the end',
    inFolder(async (folder) => {
      const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
      writeFileSync(folder.join('x').toString(), content);
      await using file = await openFile(folder.join('x'), 'rb');
      expect(await file.read(3)).toEqual(new Uint8Array(content.subarray(0, 3)));
      expect(await file.read(100_000)).toEqual(new Uint8Array(content.subarray(3, 100_003)));
      expect(await file.tell()).toBe(100_003);
      expect(await file.read()).toEqual(new Uint8Array(content.subarray(100_003)));
      expect(await file.read(10)).toEqual(bytes());
      expect(await file.read()).toEqual(bytes());
      await expect(file.read(1.5)).rejects.toThrow(RangeError);
    }),
  );

  it(
    'reads into memory of the caller',
    inFolder(async (folder) => {
      writeFileSync(folder.join('x').toString(), 'abcdefgh');
      await using file = await openFile(folder.join('x'), 'rb');
      expect(text(await file.read(1))).toBe('a');
      const target = new Uint8Array(3);
      expect(await file.readInto(target)).toBe(3);
      expect(text(target)).toBe('bcd');
      expect(await file.readInto(new Uint8Array(10))).toBe(4);
      expect(await file.readInto(target)).toBe(0);
    }),
  );

  it(
    'returns lines as bytes, of any length',
    inFolder(async (folder) => {
      const lines = ['', 'a', 'b'.repeat(200_000), '', 'é\r', 'c'.repeat(65_536), 'last'];
      writeFileSync(folder.join('x').toString(), lines.join('\n'));
      await using file = await openFile(folder.join('x'), 'rb');
      const read = await collect(file);
      expect(read.map((line) => Buffer.from(line).toString())).toEqual(lines);
      expect(await file.readLine()).toBeNull();
      await file.seek(0);
      expect((await file.readLines()).length).toBe(lines.length);
    }),
  );

  it(
    'seeks from the start, from the current position and from the end, and beyond it',
    inFolder(async (folder) => {
      const path = folder.join('x');
      writeFileSync(path.toString(), '0123456789');
      await using file = await openFile(path, 'r+b');
      expect(await file.seek(4)).toBe(4);
      expect(text(await file.read(2))).toBe('45');
      expect(await file.seek(-3, 'current')).toBe(3);
      expect(text(await file.read(1))).toBe('3');
      expect(await file.seek(-2, 'end')).toBe(8);
      expect(text(await file.read())).toBe('89');
      await file.seek(12);
      await file.write(bytes(0x78));
      await file.flush();
      expect(readFileSync(path.toString(), 'latin1')).toBe('0123456789\0\0x');
      await expect(file.seek(-1)).rejects.toThrow('is before the start');
      await expect(file.seek(0.5)).rejects.toThrow(RangeError);
      await file.seek(5);
      await file.truncate();
      expect((await file.stat()).size).toBe(5);
      await file.truncate(7);
      expect(readFileSync(path.toString(), 'latin1')).toBe('01234\0\0');
    }),
  );

  it(
    'buffers small writes, and counts them in its position',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await using file = await openFile(path, 'w+b', { buffering: 8 });
      await file.write(bytes(1, 2, 3));
      expect(statSync(path.toString()).size).toBe(0);
      expect(await file.tell()).toBe(3);
      await file.write(bytes(4, 5, 6, 7, 8, 9));
      expect(statSync(path.toString()).size).toBe(3);
      await file.write(new Uint8Array(20));
      expect(statSync(path.toString()).size).toBe(29);
      await file.seek(2);
      expect(await file.read(2)).toEqual(bytes(3, 4));
      await file.write(bytes(99));
      await file.sync();
      await file.sync({ dataOnly: true });
      expect(readFileSync(path.toString())[4]).toBe(99);
    }),
  );

  it(
    'writes at once without buffering',
    inFolder(async (folder) => {
      await using file = await openFile(folder.join('x'), 'wb', { buffering: 0 });
      await file.write(bytes(1));
      expect(statSync(folder.join('x').toString()).size).toBe(1);
      await expect(openFile(folder.join('x'), 'wb', { buffering: -1 })).rejects.toThrow(RangeError);
    }),
  );

  it(
    'serves several tasks one after the other',
    inFolder(async (folder) => {
      writeFileSync(folder.join('x').toString(), 'x'.repeat(300_000));
      await using file = await openFile(folder.join('x'), 'rb');
      const pieces = await all(Array.from({ length: 3 }, () => () => file.read(100_000)));
      expect(pieces.map((piece) => piece.length)).toEqual([100_000, 100_000, 100_000]);
    }),
  );

  it(
    'is closed after the running operation, and queued operations fail at once',
    inFolder(async (folder) => {
      execFileSync('mkfifo', [folder.join('pipe').toString()]);
      const path = folder.join('pipe');
      await using file = await openFile(path, 'r+b');
      await expect(file.seek(0)).rejects.toThrow(StateError);
      const outcomes: string[] = [];
      const note = (name: string, body: () => Promise<unknown>) => async (): Promise<void> => {
        try {
          await body();
          outcomes.push(`${name} done`);
        } catch (error) {
          outcomes.push(`${name} ${(error as Error).name}`);
        }
      };
      await openNursery(async (nursery) => {
        nursery.startSoon(note('first', () => file.readInto(new Uint8Array(1))));
        await waitAllTasksBlocked();
        nursery.startSoon(note('second', () => file.readInto(new Uint8Array(1))));
        nursery.startSoon(note('close', () => file.close()));
        await waitAllTasksBlocked();
        expect(outcomes).toEqual(['second ClosedResourceError']);
        writeFileSync(path.toString(), 'x');
      });
      expect(outcomes.sort()).toEqual(['close done', 'first done', 'second ClosedResourceError']);
    }),
  );

  it(
    'loses nothing when a long read is cancelled',
    inFolder(async (folder) => {
      execFileSync('mkfifo', [folder.join('pipe').toString()]);
      await using file = await openFile(folder.join('pipe'), 'r+b');
      const scope = new CancelScope();
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await scope.run(() => file.read(6));
        });
        await waitAllTasksBlocked();
        writeFileSync(folder.join('pipe').toString(), 'abc');
        await checkpoint();
        await waitAllTasksBlocked(20);
        scope.cancel();
        writeFileSync(folder.join('pipe').toString(), 'de');
      });
      expect(scope.cancelledCaught).toBe(true);
      writeFileSync(folder.join('pipe').toString(), 'f');
      expect(text(await file.read(6))).toBe('abcdef');
    }),
  );

  it(
    'refuses an invalid chunk size, and loses no bytes',
    inFolder(async (folder) => {
      writeFileSync(folder.join('x').toString(), 'abc');
      await using file = await openFile(folder.join('x'), 'rb');
      for (const size of [0, -1, -50, 1.5, NaN, Infinity]) expect(() => file.chunks(size)).toThrow(RangeError);
      expect(() => file.chunks(-50)).toThrow('1 or more, not -50');
      expect((await collect(file.chunks(2))).map(text)).toEqual(['ab', 'c']);
    }),
  );

  it(
    'hashes real files in chunks, like sha256sum',
    inFolder(async () => {
      const names = execFileSync('git', ['ls-files', 'packages/*.ts'], { cwd: '../..', encoding: 'utf8' })
        .trim()
        .split('\n');
      const paths = names
        .slice(0, 40)
        .map((name) => new Path('../..', name))
        .filter((path) => path.existsSync());
      const lines: string[] = [];
      for (const path of paths) {
        const hash = createHash('sha256');
        await using file = await openFile(path, 'rb');
        for await (const chunk of file.chunks(1000)) hash.update(chunk);
        lines.push(`${hash.digest('hex')}  ${path.toString()}`);
      }
      expect(lines).toEqual(execFileSync('sha256sum', paths.map(String), { encoding: 'utf8' }).trim().split('\n'));
    }),
  );
});

describe('openFile', () => {
  it(
    'PTH-014: accepts a string, a Path and a URL, which becomes the name',
    inFolder(async (folder) => {
      const path = folder.join('x y');
      writeFileSync(path.toString(), 'x');
      for (const given of [path, path.toString(), path.toURL()]) {
        await using file = await openFile(given);
        expect(file.name).toBe(path.toString());
        expect(file).toBeInstanceOf(TextFile);
      }
      await expect(openFile(1 as never)).rejects.toThrow('a path must be a string, a Path or a file: URL, not number');
    }),
  );

  it(
    'PTH-002: is the same as Path.open',
    inFolder(async (folder) => {
      await using file = await folder.join('x').open('w');
      await file.write('text');
      await file.close();
      await using binary = await folder.join('x').open('rb');
      expect((await binary.read()).length).toBe(4);
    }),
  );

  it(
    'accepts the modes of Python, and no others',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await expect(openFile(path, 'r')).rejects.toMatchObject({ code: 'ENOENT' });
      await (await openFile(path, 'x')).close();
      await expect(openFile(path, 'xb')).rejects.toMatchObject({ code: 'EEXIST', syscall: 'open' });
      writeFileSync(path.toString(), 'old');
      await (await openFile(path, 'a')).close();
      await (await openFile(path, 'r+')).close();
      expect(readFileSync(path.toString(), 'utf8')).toBe('old');
      await (await openFile(path, 'w')).close();
      expect(readFileSync(path.toString(), 'utf8')).toBe('');
      for (const mode of ['', 'rw', 'b', 'r++', 'rbt', 'q', 'r+b+']) {
        await expect(openFile(path, mode)).rejects.toThrow(`${JSON.stringify(mode)} is not a mode`);
      }
    }),
  );

  it(
    'sets the permissions of a new file',
    inFolder(async (folder) => {
      await using file = await openFile(folder.join('x'), 'w', { permissions: 0o600 });
      expect((await file.stat()).mode & 0o777).toBe(0o600);
    }),
  );

  it(
    'closes the file if it is cancelled meanwhile, and throws Cancelled',
    inFolder(async (folder) => {
      execFileSync('mkfifo', [folder.join('pipe').toString()]);
      const scope = new CancelScope();
      let outcome: unknown;
      let writer = -1;
      const before = readdirSync('/proc/self/fd').length;
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await scope.run(async () => {
            outcome = await openFile(folder.join('pipe'), 'rb').catch((error: unknown) => error);
          });
        });
        await waitAllTasksBlocked();
        scope.cancel();
        await checkpoint();
        expect(outcome).toBeUndefined();
        // Only now can the reader open its end. This end stays open in case the reader is late.
        writer = openSync(folder.join('pipe').toString(), 'r+');
      });
      closeSync(writer);
      expect(readdirSync('/proc/self/fd').length).toBe(before);
      expect(isCancelled(outcome)).toBe(true);
    }),
  );
});
