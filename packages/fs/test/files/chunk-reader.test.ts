import { closeSync, openSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { all, CancelScope, isCancelled } from '@tercet/core';
import { openFile, wrapFile } from '@tercet/fs';
import type { Path, TextFile } from '@tercet/fs';
import { CapacityLimiter } from '@tercet/sync';
import { collect, inFolder } from '../support/in-folder.ts';

const COUNT = 20_000;
const lines = Array.from({ length: COUNT }, (_, i) => `${i}`.padStart(63, '.'));
/** A line in the second chunk, after which the third is read ahead. */
const FAR = 3000;

function writeLines(path: Path): void {
  writeFileSync(path.toString(), `${lines.join('\n')}\n`);
}

async function readTo(file: TextFile, count: number): Promise<void> {
  for (let i = 0; i < count; i++) expect(await file.readLine()).toBe(lines[i]);
}

describe('reading ahead', () => {
  it(
    'begins only in large files, and is at most one chunk ahead',
    inFolder(async (folder) => {
      writeLines(folder.join('x'));
      const limiter = new CapacityLimiter(8);
      await using file = await openFile(folder.join('x'), 'r', { limiter });
      await file.readLine();
      expect(limiter.borrowedTokens).toBe(0);
      for await (const line of file) {
        expect(limiter.borrowedTokens).toBeLessThanOrEqual(1);
        if (line === lines[FAR]) break;
      }
      await folder.stat();
      const before = limiter.borrowedTokens;
      expect(await file.readLine()).toBe(lines[FAR + 1]);
      expect([before, limiter.borrowedTokens]).toEqual([0, 0]);
    }),
  );

  it(
    'returns the same lines to two readers with a single token, and keeps no token',
    inFolder(async (folder) => {
      writeLines(folder.join('x'));
      const limiter = new CapacityLimiter(1);
      const read = async (): Promise<void> => {
        await using file = await openFile(folder.join('x'), 'r', { limiter });
        expect(await collect(file)).toEqual(lines);
      };
      await all([read, read]);
      expect(limiter.borrowedTokens).toBe(0);
    }),
  );

  it(
    'drops the chunk when the file is written, or its position changes',
    inFolder(async (folder) => {
      writeLines(folder.join('x'));
      await using file = await openFile(folder.join('x'), 'r+');
      await readTo(file, FAR);
      expect(await file.tell()).toBe(FAR * 64);
      await file.seek(10_000 * 64);
      await file.write('#');
      await file.seek(0);
      const expected = lines.with(10_000, `#${lines[10_000]?.slice(1)}`);
      expect(await collect(file)).toEqual(expected);
      await file.seek(0);
      await readTo(file, FAR);
      await file.write('#');
      await file.seek(0);
      expect((await collect(file))[FAR]).toBe(`#${lines[FAR]?.slice(1)}`);
    }),
  );

  it(
    'drops the chunk even if everything before it was returned',
    inFolder(async (folder) => {
      writeLines(folder.join('x'));
      await using file = await openFile(folder.join('x'), 'r+');
      // The number of bytes in the first two chunks.
      const border = (64 + 256) * 16;
      await readTo(file, border);
      await file.write('#'.repeat(64 * 100));
      expect(await file.readLine()).toBe(lines[border + 100]);
    }),
  );

  it(
    'loses nothing when the waiting task is cancelled',
    inFolder(async (folder) => {
      writeLines(folder.join('x'));
      await using file = await openFile(folder.join('x'));
      const seen: string[] = [];
      for (let done = false; !done;) {
        const scope = new CancelScope();
        await scope.run(async () => {
          for await (const line of file) {
            seen.push(line);
            if (seen.length % 1000 === 999) scope.cancel();
          }
          done = true;
        });
      }
      expect(seen).toEqual(lines);
    }),
  );

  it(
    'loses nothing when a read is cancelled while it is in the pool, also in the first large chunk',
    inFolder(async (folder) => {
      writeLines(folder.join('x'));
      const limiter = new CapacityLimiter(8);
      await using file = await openFile(folder.join('x'), 'r', { limiter });
      const seen: string[] = [];
      let cancelled = 0;
      for (let isOver = false; !isOver;) {
        const scope = new CancelScope();
        await scope.run(async () => {
          const reading = file.readLine();
          for (let tick = 0; tick < 20 && !scope.cancelCalled; tick++) {
            await Promise.resolve();
            if (limiter.borrowedTokens > 0) scope.cancel();
          }
          const line = await reading;
          if (line === null) isOver = true;
          else seen.push(line);
        });
        if (scope.cancelCalled) cancelled++;
      }
      expect(cancelled).toBeGreaterThan(0);
      expect(seen).toEqual(lines);
    }),
  );

  it(
    'is awaited by close, even in a cancelled scope, and leaves no descriptor open',
    inFolder(async (folder) => {
      writeLines(folder.join('x'));
      const before = readdirSync('/proc/self/fd').length;
      const limiter = new CapacityLimiter(8);
      const file = await openFile(folder.join('x'), 'r', { limiter });
      let pending = 0;
      for await (const _ of file) if ((pending = limiter.borrowedTokens) > 0) break;
      expect(pending).toBe(1);
      const scope = new CancelScope();
      await scope.run(async () => {
        scope.cancel();
        const outcome = await file.close().catch((error: unknown) => error);
        expect(isCancelled(outcome)).toBe(true);
      });
      expect(limiter.borrowedTokens).toBe(0);
      expect(readdirSync('/proc/self/fd')).toHaveLength(before);
    }),
  );

  it(
    'ends at the current end of the file, and continues when it has grown',
    inFolder(async (folder) => {
      const path = folder.join('x');
      writeLines(path);
      await using file = await openFile(path);
      await readTo(file, FAR);
      truncateSync(path.toString(), 15_000 * 64);
      const rest = await collect(file);
      expect(rest).toEqual(lines.slice(FAR, 15_000));
      await path.appendText('one more\n');
      expect(await file.readLine()).toBe('one more');
    }),
  );

  it(
    'does not move a shared descriptor beyond the position of the reader',
    inFolder(async (folder) => {
      writeLines(folder.join('x'));
      const fd = openSync(folder.join('x').toString(), 'r');
      try {
        const limiter = new CapacityLimiter(8);
        const file = wrapFile(fd, 'r', { limiter, position: 0 });
        for await (const line of file) {
          expect(limiter.borrowedTokens).toBe(0);
          if (line === lines[FAR]) break;
        }
      } finally {
        closeSync(fd);
      }
    }),
  );
});
