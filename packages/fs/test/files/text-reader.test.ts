import { writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { StateError } from '@tercet/core';
import { openFile } from '@tercet/fs';
import { collect, inFolder } from '../support/in-folder.ts';

// The sizes at which the reader begins another piece, and another chunk.
const PIECE = 32 * 1024;
const CHUNK = 64 * 1024;

describe('text at the borders of pieces and chunks', () => {
  it.each([PIECE, CHUNK, CHUNK + 256 * 1024])('keeps line ends and characters whole around byte %i', (border) =>
    inFolder(async (folder) => {
      const path = folder.join('x');
      for (const middle of ['\r\n', '\r', '\n', 'é', '😀', '\n\r', '\r\r\n']) {
        for (let before = border - 4; before <= border + 1; before++) {
          const text = `${'a'.repeat(before)}${middle}z\nlast`;
          writeFileSync(path.toString(), text);
          for (const newline of ['any', '\n', '\r\n', 'universal'] as const) {
            await using file = await openFile(path, 'r', { newline });
            const lines = await collect(file.lines({ keepEnds: true }));
            const expected = newline === 'universal' ? text.replace(/\r\n?/g, '\n') : text;
            expect(lines.join('') === expected).toBe(true);
            const ends = { any: /\r\n|\n|\r/g, universal: /\n/g, '\n': /\n/g, '\r\n': /\r\n/g }[newline];
            expect(lines).toHaveLength((expected.match(ends) ?? []).length + 1);
          }
          await using file = await openFile(path);
          const first = await file.readLine({ keepEnds: true });
          expect((await file.tell()) === Buffer.byteLength(first ?? '')).toBe(true);
        }
      }
    })(),
  );

  it(
    'continues an incomplete line when the file has grown after its end',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await path.writeText('one\nhal');
      await using file = await openFile(path);
      expect([await file.readLine(), await file.readLine(), await file.readLine()]).toEqual(['one', 'hal', null]);
      await path.appendText('f\ntwo\r');
      expect([await file.readLine(), await file.readLine(), await file.readLine()]).toEqual(['f', 'two', null]);
      expect((await file.stat()).size).toBe(await file.tell());
    }),
  );

  it(
    'has no known position with some options: then tell() throws, even after reading ahead',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await path.writeText('a\r\nb\nc');
      for (const options of [{ newline: 'universal' }, { errors: 'replace' }, { encoding: 'windows-1252' }] as const) {
        await using file = await openFile(path, 'r', options);
        await file.readLine();
        await expect(file.tell()).rejects.toThrow(StateError);
        await file.seek(0);
        expect(await file.readLine()).toBe('a');
      }
      await using file = await openFile(path, 'r', { encoding: 'latin1' });
      await file.readLine();
      expect(await file.tell()).toBe(3);
    }),
  );
});
