import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { checkpoint, openNursery, run } from '@tercet/core';

// The test decides when, and how, reads at a position end: those are the reads ahead.
type Callback = (error: Error | null, count: number) => void;
let held: ((error?: Error) => void)[] = [];

function read(fd: number, target: Uint8Array, offset: number, length: number, at: number | null, done: Callback): void {
  fs.read(fd, target, offset, length, at, (failed, count) => {
    if (at === null) done(failed, count);
    else held.push((error = failed ?? undefined) => done(error ?? null, error === undefined ? count : 0));
  });
}

jest.unstable_mockModule('node:fs', () => ({ ...fs, default: fs, read }));
const { openFile } = await import('@tercet/fs');
type TextFile = import('@tercet/fs').TextFile;

/** Calls the body with a file whose third chunk is being read. */
async function whileReadingAhead(body: (file: TextFile) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(join(tmpdir(), 'tercet-fs-'));
  held = [];
  try {
    fs.writeFileSync(join(folder, 'x'), 'line\n'.repeat(200_000));
    await run(async () => {
      const file = await openFile(join(folder, 'x'));
      for (let i = 0; i < 20_000; i++) await file.readLine();
      await anEnd();
      await body(file);
    });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Waits for the end of a read that the test has held up. */
async function anEnd(): Promise<void> {
  while (held.length === 0) await checkpoint();
}

describe('a read ahead', () => {
  it('ends before its descriptor is closed', () =>
    whileReadingAhead(async (file) => {
      const { fd } = file;
      await openNursery(async (nursery) => {
        nursery.startSoon(() => file.close());
        for (let i = 0; i < 20; i++) await checkpoint();
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect(() => fs.fstatSync(fd)).not.toThrow();
        held.pop()?.();
      });
      expect(() => fs.fstatSync(fd)).toThrow('EBADF');
    }));

  it('fails the operation that needs it, with the stack of that, and the next operation tries again', () =>
    whileReadingAhead(async (file) => {
      const system = { code: 'EIO', errno: -5, syscall: 'read' };
      held.pop()?.(Object.assign(new Error('EIO: i/o error, read'), system));
      const readOn = async (): Promise<number> => {
        let count = 0;
        for await (const line of file) count += line.length;
        return count;
      };
      const error = await readOn().catch((failure: unknown) => failure);
      expect(error).toMatchObject({ name: 'FsError', ...system });
      expect((error as Error).message).toBe(`cannot read ${file.name}: EIO: i/o error, read`);
      expect((error as Error).stack).toContain('readOn');
      const releasing = setInterval(() => held.pop()?.(), 1);
      try {
        expect((await readOn()) % 4).toBe(0);
      } finally {
        clearInterval(releasing);
      }
      await file.close();
    }));
});
