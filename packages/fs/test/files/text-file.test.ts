import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { all, CancelScope, isCancelled, moveOnAfter, StateError } from '@tercet/core';
import { openFile, Path, TextFile } from '@tercet/fs';
import type { OpenFileOptions } from '@tercet/fs';
import { collect, inFolder } from '../support/in-folder.ts';
import { makeSparseLines, MEBI, readLines } from './sparse-lines.ts';

const MIXED = 'one\ntwo\r\nthree\rfour\n\nlast';

/** Where two lists of lines differ first. A report of jest's about thousands of lines takes it longer than a test may. */
function firstDifference(actual: readonly string[], expected: readonly string[]): unknown {
  const length = Math.max(actual.length, expected.length);
  const index = Array.from({ length }, (_, i) => i).find((i) => actual[i] !== expected[i]);
  return index === undefined ? undefined : { index, actual: actual[index], expected: expected[index] };
}

describe('reading lines', () => {
  it(
    'FIO-006: returns the same lines as reading the whole text and splitting it',
    inFolder(async (folder) => {
      const text = `${Array.from({ length: 20_000 }, (_, i) => `line ${i} ${'é'.repeat(i % 50)}`).join('\n')}\n`;
      const path = folder.join('lines.txt');
      writeFileSync(path.toString(), text);
      const expected = text.slice(0, -1).split('\n');
      await using file = await openFile(path);
      expect(firstDifference(await collect(file), expected)).toBeUndefined();
      await file.seek(0);
      expect(firstDifference((await collect(file.batches())).flat(), expected)).toBeUndefined();
      await file.seek(0);
      expect(firstDifference(await file.readLines(), expected)).toBeUndefined();
      expect(await file.readLine()).toBeNull();
    }),
  );

  const cases: [OpenFileOptions['newline'], string[]][] = [
    ['any', ['one\n', 'two\r\n', 'three\r', 'four\n', '\n', 'last']],
    ['universal', ['one\n', 'two\n', 'three\n', 'four\n', '\n', 'last']],
    ['\n', ['one\n', 'two\r\n', 'three\rfour\n', '\n', 'last']],
    ['\r\n', ['one\ntwo\r\n', 'three\rfour\n\nlast']],
    ['\r', ['one\ntwo\r', '\nthree\r', 'four\n\nlast']],
  ];
  it.each(cases)('ends lines as specified by newline: %j', async (newline, expected) => {
    await inFolder(async (folder) => {
      writeFileSync(folder.join('x').toString(), MIXED);
      await using file = await openFile(folder.join('x'), 'r', { newline: newline ?? 'any' });
      expect(await collect(file.lines({ keepEnds: true }))).toEqual(expected);
      await file.seek(0);
      expect(await file.read()).toBe(expected.join(''));
      await file.seek(0);
      const ends = newline === 'any' ? /\r\n$|[\r\n]$/ : newline === 'universal' ? /\n$/ : new RegExp(`${newline}$`);
      expect(await file.readLines()).toEqual(expected.map((line) => line.replace(ends, '')));
    })();
  });

  it(
    'handles a CR LF, and a character, that is split between two chunks',
    inFolder(async (folder) => {
      for (const shift of [0, 1, 2, 3, 4]) {
        const text = `${'x'.repeat(65_536 - shift)}\r\n${'é😀'.repeat(30_000)}\r\nend`;
        writeFileSync(folder.join('x').toString(), text);
        await using file = await openFile(folder.join('x'));
        expect(await collect(file.lines({ keepEnds: true }))).toEqual(text.match(/[^\n]*\n|[^\n]+$/g));
        await file.seek(0);
        expect(await file.read()).toBe(text);
      }
    }),
  );

  it(
    'knows its position between lines, and can continue from there',
    inFolder(async (folder) => {
      writeFileSync(folder.join('x').toString(), MIXED.repeat(3));
      await using file = await openFile(folder.join('x'));
      const positions: [number, string][] = [];
      for (;;) {
        const position = await file.tell();
        const line = await file.readLine({ keepEnds: true });
        if (line === null) break;
        positions.push([position, line]);
      }
      expect(positions.map(([, line]) => line).join('')).toBe(MIXED.repeat(3));
      for (const [position, line] of positions.reverse()) {
        await file.seek(position);
        expect(await file.readLine({ keepEnds: true })).toBe(line);
      }
      await file.seek(0);
      for await (const line of file) if (line === 'two') break;
      expect(await file.tell()).toBe('one\ntwo\r\n'.length);
      expect(await file.read(5)).toBe('three');
    }),
  );

  it(
    'reads the end of a sparse file of 4 GiB line by line, in bounded memory',
    inFolder(async (folder) => {
      const path = folder.join('sparse').toString();
      const size = 4096 * MEBI;
      makeSparseLines(path, size, MEBI);
      const { lines, length, end, grown } = await readLines(path, size - 512 * MEBI);
      expect([lines, length, end]).toEqual([512, 512 * MEBI, size]);
      expect(grown).toBeLessThan(384);
    }),
    60_000,
  );
});

describe('reading text', () => {
  it(
    'returns the given number of code units, and never half a character',
    inFolder(async (folder) => {
      writeFileSync(folder.join('x').toString(), 'a😀b');
      await using file = await openFile(folder.join('x'));
      expect(await file.read(2)).toBe('a😀');
      expect(await file.tell()).toBe(5);
      expect(await file.read(10)).toBe('b');
      expect(await file.read(10)).toBe('');
      await expect(file.read(-1)).rejects.toThrow(RangeError);
    }),
  );

  it(
    'removes or keeps a byte order mark, and writes one with writeBom',
    inFolder(async (folder) => {
      const path = folder.join('bom');
      await using out = await openFile(path, 'w', { writeBom: true });
      await out.write('x\n');
      await out.write('y\n');
      await out.close();
      expect(readFileSync(path.toString(), 'utf8')).toBe('\uFEFFx\ny\n');
      await using file = await openFile(path);
      expect(await file.readLine()).toBe('x');
      expect(await file.tell()).toBe(5);
      await using kept = await openFile(path, 'r', { bom: 'keep' });
      expect(await kept.readLine()).toBe('\uFEFFx');
      expect(await path.readText()).toBe('x\ny\n');
      expect(await path.readText({ bom: 'keep' })).toBe('\uFEFFx\ny\n');
    }),
  );

  it(
    'supports four encodings in both directions, and the others of the platform for reading',
    inFolder(async (folder) => {
      const path = folder.join('x');
      for (const encoding of ['utf-8', 'utf-16le', 'latin1']) {
        await path.writeText('Ärger\n', { encoding });
        expect(await path.readText({ encoding })).toBe('Ärger\n');
        expect(path.readTextSync({ encoding })).toBe('Ärger\n');
        await using file = await openFile(path, 'r', { encoding });
        expect(await file.readLine()).toBe('Ärger');
      }
      writeFileSync(path.toString(), Buffer.from([0x80, 0x0a]));
      await using file = await openFile(path, 'r', { encoding: 'windows-1252' });
      expect(await file.readLine()).toBe('€');
      await expect(openFile(path, 'r', { encoding: 'klingon' })).rejects.toThrow('klingon is not known');
      await expect(openFile(path, 'w', { encoding: 'windows-1252' })).rejects.toThrow('not as windows-1252');
      await expect(path.writeText('€', { encoding: 'latin1' })).rejects.toThrow('U+20AC, that latin1 cannot encode');
      expect(readFileSync(path.toString())).toEqual(Buffer.from([0x80, 0x0a]));
    }),
  );

  it(
    'throws for bytes that do not decode, or replaces them by U+FFFD',
    inFolder(async (folder) => {
      const path = folder.join('x');
      writeFileSync(path.toString(), Buffer.from([0x61, 0xff, 0x62]));
      await expect(path.readText()).rejects.toThrow('the bytes are not valid utf-8');
      expect(await path.readText({ errors: 'replace' })).toBe('a\uFFFDb');
      await using file = await openFile(path);
      await expect(file.read()).rejects.toThrow(TypeError);
      writeFileSync(path.toString(), '\uFFFD');
      expect(await path.readText()).toBe('\uFFFD');
      writeFileSync(path.toString(), Buffer.from([0x61, 0xe2, 0x82]));
      await expect(path.readText()).rejects.toThrow(TypeError);
      await expect(path.readText({ encoding: 'ascii' })).rejects.toThrow('not valid ascii');
    }),
  );
});

describe('writing text', () => {
  it(
    'converts newlines with the newline option',
    inFolder(async (folder) => {
      await using file = await openFile(folder.join('x'), 'w', { newline: '\r\n' });
      await file.write('a\nb\n');
      await file.close();
      expect(readFileSync(folder.join('x').toString(), 'utf8')).toBe('a\r\nb\r\n');
    }),
  );

  it(
    'writes at the position up to which the caller has read, not where it has read ahead to',
    inFolder(async (folder) => {
      const path = folder.join('x');
      writeFileSync(path.toString(), 'one\ntwo\nthree\n');
      await using file = await openFile(path, 'r+');
      expect(await file.readLine()).toBe('one');
      await file.write('TWO');
      expect(await file.readLine()).toBe('');
      expect(await file.readLine()).toBe('three');
      await file.close();
      expect(readFileSync(path.toString(), 'utf8')).toBe('one\nTWO\nthree\n');
    }),
  );

  it(
    'appends at the end, independently of where it reads',
    inFolder(async (folder) => {
      const path = folder.join('x');
      writeFileSync(path.toString(), 'one\n');
      await using file = await openFile(path, 'a+');
      expect(await file.tell()).toBe(4);
      await file.write('two\n');
      expect(await file.tell()).toBe(8);
      await file.seek(0);
      expect(await file.readLine()).toBe('one');
      await file.write('three\n');
      expect(await file.readLine()).toBeNull();
      await file.close();
      expect(readFileSync(path.toString(), 'utf8')).toBe('one\ntwo\nthree\n');
    }),
  );

  it(
    'accepts only strings, and only if the mode allows writing',
    inFolder(async (folder) => {
      await using file = await openFile(folder.join('x'), 'w');
      await expect(file.write(new Uint8Array(1) as never)).rejects.toThrow(TypeError);
      await expect(file.read()).rejects.toThrow(StateError);
      await using reader = await openFile(folder.join('x'));
      await expect(reader.write('x')).rejects.toThrow('was opened in mode r');
    }),
  );

  it(
    'keeps the writes of several tasks apart',
    inFolder(async (folder) => {
      await using file = await openFile(folder.join('x'), 'w', { buffering: 16 });
      await all(
        ['a', 'b', 'c'].map((letter) => async () => {
          for (let i = 0; i < 20; i++) await file.write(`${letter.repeat(30)}\n`);
        }),
      );
      await file.close();
      const lines = readFileSync(folder.join('x').toString(), 'utf8').split('\n');
      expect(lines).toHaveLength(61);
      for (const line of lines.slice(0, -1)) expect(line).toMatch(/^(?:a{30}|b{30}|c{30})$/);
    }),
  );
});

describe('an open text file', () => {
  it(
    'is closed after an error and after a cancellation, and its buffer is written',
    inFolder(async (folder) => {
      const path = folder.join('x');
      let file: TextFile | undefined;
      const scope = new CancelScope();
      await scope.run(async () => {
        await using opened = await openFile(path, 'w');
        file = opened;
        await opened.write('kept');
        scope.cancel();
        await opened.write('never');
      });
      expect(scope.cancelledCaught).toBe(true);
      expect(file?.closed).toBe(true);
      expect(readFileSync(path.toString(), 'utf8')).toBe('kept');
    }),
  );

  it(
    'close() in a cancelled scope closes, and then throws Cancelled',
    inFolder(async (folder) => {
      const file = await openFile(folder.join('x'), 'w');
      await file.write('kept');
      const outcome = await new CancelScope().run(async (scope) => {
        scope.cancel();
        return file.close().then(
          () => 'closed',
          (error: unknown) => isCancelled(error),
        );
      });
      expect(outcome).toBe(true);
      expect(file.closed).toBe(true);
      expect(readFileSync(folder.join('x').toString(), 'utf8')).toBe('kept');
      await file.close();
      await expect(file.write('x')).rejects.toMatchObject({ name: 'ClosedResourceError' });
      await expect(file.readLine()).rejects.toThrow('has been closed');
      expect(() => file.fd).toThrow('has been closed');
    }),
  );

  it(
    'loses no line when an iteration is cancelled',
    inFolder(async (folder) => {
      writeFileSync(folder.join('x').toString(), 'a\nb\nc\nd\n');
      await using file = await openFile(folder.join('x'));
      const seen: string[] = [];
      await new CancelScope().run(async (scope) => {
        for await (const line of file) {
          seen.push(line);
          if (line === 'b') scope.cancel();
        }
      });
      for await (const line of file) seen.push(line);
      expect(seen).toEqual(['a', 'b', 'c', 'd']);
    }),
  );

  it(
    'lets timers fire while many lines are read',
    inFolder(async (folder) => {
      writeFileSync(folder.join('x').toString(), 'x\n'.repeat(3_000_000));
      await using file = await openFile(folder.join('x'));
      let count = 0;
      await moveOnAfter(20, async () => {
        for await (const _ of file) count++;
      });
      expect(count).toBeLessThan(3_000_000);
    }),
  );

  it(
    'gives the same results as cat and wc on a real tree',
    inFolder(async () => {
      const listed = execFileSync('git', ['ls-files', '-z', 'packages/*.ts', '*.json', '*.md'], {
        cwd: '../..',
        encoding: 'utf8',
      });
      const names = listed
        .split('\0')
        .filter((name) => name !== '')
        .slice(0, 100);
      const paths = names.map((name) => new Path('../..', name)).filter((path) => path.existsSync());
      const counted: string[] = [];
      let content = '';
      for (const path of paths) {
        await using file = await openFile(path);
        const lines = await collect(file.lines({ keepEnds: true }));
        counted.push(`${lines.filter((line) => line.endsWith('\n')).length} ${await file.tell()} ${path.toString()}`);
        content += lines.join('');
      }
      const args = paths.map(String);
      const words = execFileSync('wc', ['-lc', ...args], { encoding: 'utf8' })
        .trim()
        .split('\n')
        .slice(0, -1);
      expect(counted).toEqual(words.map((line) => line.trim().split(/\s+/).join(' ')));
      expect(content).toBe(execFileSync('cat', args, { encoding: 'utf8', maxBuffer: 2 ** 26 }));
    }),
  );
});
