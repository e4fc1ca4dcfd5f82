import * as fs from 'node:fs';
import { describe, expect, it, jest } from '@jest/globals';
import { run } from '@tercet/core';

// A disk with limited room. All calls except writes go to the real one.
let room = Infinity;
type Callback = (error: Error | null, written: number) => void;

function write(fd: number, data: Uint8Array, offset: number, length: number, at: number | null, done: Callback): void {
  const possible = Math.min(length, room);
  room -= possible;
  if (possible > 0) fs.write(fd, data, offset, possible, at, done);
  else
    setImmediate(
      done,
      Object.assign(new Error('ENOSPC: no space left on device, write'), {
        code: 'ENOSPC',
        errno: -28,
        syscall: 'write',
      }),
      0,
    );
}

jest.unstable_mockModule('node:fs', () => ({ ...fs, default: fs, write }));
const { openFile, openTemporaryFile, Path, writeAtomic } = await import('@tercet/fs');

const openDescriptors = (): number => fs.readdirSync('/proc/self/fd').length;

async function onFullDisk(free: number, body: (folder: InstanceType<typeof Path>) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync('/tmp/tercet-fs-');
  const before = openDescriptors();
  room = free;
  try {
    await run(() => body(new Path(folder)));
    expect(openDescriptors()).toBe(before);
  } finally {
    room = Infinity;
    fs.rmSync(folder, { recursive: true });
  }
}

const full = { name: 'FsError', code: 'ENOSPC', syscall: 'write' };

describe('on a full disk', () => {
  it('writing a whole file fails, and closes it', () =>
    onFullDisk(10, async (folder) => {
      await expect(folder.join('x').writeText('x'.repeat(100))).rejects.toMatchObject(full);
      await expect(folder.join('x').writeText('x')).rejects.toThrow(
        `cannot write ${folder.join('x').toString()}: ENOSPC`,
      );
    }));

  it('an atomic write leaves the old content, and nothing else', () =>
    onFullDisk(50, async (folder) => {
      const path = folder.join('x');
      fs.writeFileSync(path.toString(), 'old');
      await expect(writeAtomic(path, 'x'.repeat(100))).rejects.toMatchObject(full);
      await expect(writeAtomic(path, 'x'.repeat(100))).rejects.toThrow(`cannot write ${path.toString()}: ENOSPC`);
      expect(fs.readFileSync(path.toString(), 'utf8')).toBe('old');
      expect(fs.readdirSync(folder.toString())).toEqual(['x']);
    }));

  it('an open file keeps bytes that could not be written, and writes them when there is room again', () =>
    onFullDisk(4, async (folder) => {
      await using file = await openFile(folder.join('x'), 'w');
      await file.write('0123456789');
      await expect(file.flush()).rejects.toMatchObject(full);
      expect(await file.tell()).toBe(10);
      room = Infinity;
      await file.flush();
      await file.write('ab');
      await file.close();
      expect(fs.readFileSync(folder.join('x').toString(), 'utf8')).toBe('0123456789ab');
    }));

  it('a write larger than the buffer fails at once', () =>
    onFullDisk(4, async (folder) => {
      await using file = await openFile(folder.join('x'), 'wb', { buffering: 0 });
      await expect(file.write(new Uint8Array(10))).rejects.toMatchObject(full);
      expect(await file.tell()).toBe(4);
    }));

  it('close() throws the error of a failed write, and has closed the file', () =>
    onFullDisk(4, async (folder) => {
      const file = await openFile(folder.join('x'), 'w');
      await file.write('0123456789');
      await expect(file.close()).rejects.toMatchObject(full);
      expect(file.closed).toBe(true);
      await file.close();
    }));

  it('R-12: the end of a block does not repeat an error that has ended the block', () =>
    onFullDisk(4, async (folder) => {
      const writing = async (mode: 'w' | 'wb', buffering: number): Promise<void> => {
        await using file = await openFile(folder.join('x'), mode as 'w', { buffering });
        const data = 'x'.repeat(100);
        for (let i = 0; i < 10; i++) await file.write((mode === 'w' ? data : Buffer.from(data)) as string);
        await file.flush();
      };
      for (const mode of ['w', 'wb'] as const) {
        for (const buffering of [0, 150, 5000]) {
          await expect(writing(mode, buffering)).rejects.toMatchObject({ ...full, cause: { code: 'ENOSPC' } });
        }
      }
    }));

  it('R-12: the end of a block throws an error that was not thrown before, or that concerns later bytes', () =>
    onFullDisk(4, async (folder) => {
      const untold = async (): Promise<void> => {
        await using file = await openFile(folder.join('x'), 'w');
        await file.write('0123456789');
      };
      await expect(untold()).rejects.toMatchObject(full);
      const more = async (): Promise<void> => {
        await using file = await openFile(folder.join('x'), 'w');
        await file.write('0123456789');
        await expect(file.flush()).rejects.toMatchObject(full);
        await file.write('more');
      };
      await expect(more()).rejects.toMatchObject(full);
      const file = await openFile(folder.join('x'), 'w');
      await file.write('0123456789');
      await expect(file.flush()).rejects.toMatchObject(full);
      await expect(file.close()).rejects.toMatchObject(full);
    }));

  it('R-12: a temporary file throws the error once, and is removed', () =>
    onFullDisk(4, async (folder) => {
      const temporary = async (): Promise<void> => {
        await using opened = await openTemporaryFile('w+', { dir: folder });
        await opened.file.write('0123456789');
      };
      await expect(temporary()).rejects.toMatchObject(full);
      expect(fs.readdirSync(folder.toString())).toEqual([]);
    }));

  it('R-12: a copy throws an error that names the path', () =>
    onFullDisk(4, async (folder) => {
      const failure: unknown = await new Path('/proc/self/status')
        .copy(folder.join('x'))
        .catch((error: unknown) => error);
      expect(failure).toMatchObject(full);
      expect(String(failure)).toContain(`cannot copy /proc/self/status to ${folder.join('x').toString()}: ENOSPC`);
    }));

  it('R-12: a copy that cannot be finished leaves no part of a file', () =>
    onFullDisk(4, async (folder) => {
      const source = folder.join('tree', 'a');
      fs.mkdirSync(source.parent.toString());
      fs.writeFileSync(source.toString(), 'x'.repeat(100));
      await expect(source.copy(folder.join('copy'))).rejects.toMatchObject(full);
      await expect(source.parent.copy(folder.join('tree2'))).rejects.toMatchObject(full);
      expect(fs.readdirSync(folder.toString()).sort()).toEqual(['tree', 'tree2']);
      expect(fs.readdirSync(folder.join('tree2').toString())).toEqual([]);
    }));

  it('R-12: a copy that cannot be finished does not remove what was there before it', () =>
    onFullDisk(4, async (folder) => {
      const source = folder.join('a');
      fs.writeFileSync(source.toString(), 'x'.repeat(100));
      fs.writeFileSync(folder.join('old').toString(), 'old');
      fs.symlinkSync('missing', folder.join('link').toString());
      for (const name of ['old', 'link']) await expect(source.copy(folder.join(name))).rejects.toMatchObject(full);
      expect(fs.readdirSync(folder.toString()).sort()).toEqual(['a', 'link', 'missing', 'old']);
    }));
});
