import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, isCancelled, StateError } from '@tercet/core';
import { BinaryFile, TextFile, wrapFile } from '@tercet/fs';
import { collect, inFolder } from '../support/in-folder.ts';

class Memory {
  readonly name = 'memory';
  readonly secret = 'not a file thing';
  closed = false;
  text = '';
  readonly calls: unknown[][] = [];

  write(...args: string[]): number {
    this.calls.push(args);
    this.text += args.join('');
    return this.text.length;
  }

  readLine(): string | null {
    const [line] = this.text.split('\n');
    this.text = this.text.slice((line ?? '').length + 1);
    return line === undefined || line === '' ? null : line;
  }

  read(): string {
    throw new TypeError('broken');
  }

  close(): void {
    this.closed = true;
  }

  unrelated(): number {
    return 1;
  }
}

describe('wrapFile', () => {
  it('FIO-001: accepts objects that close and read or write, and no others', () => {
    expect(wrapFile({ close() {}, write() {} })).toHaveProperty('write');
    for (const wrong of [{}, null, 'x', { close() {} }, { write() {} }, -1, 1.5]) {
      expect(() => wrapFile(wrong as never)).toThrow(TypeError);
    }
  });

  it('FIO-002: exposes the original', () => {
    const memory = new Memory();
    expect(wrapFile(memory).wrapped).toBe(memory);
  });

  it('FIO-003: has those methods and properties of the original that files have', () => {
    const file = wrapFile(new Memory());
    expect(Object.keys(file).sort()).toEqual(['close', 'closed', 'name', 'read', 'readLine', 'wrapped', 'write']);
    expect('flush' in file).toBe(false);
    expect('unrelated' in file).toBe(false);
    // @ts-expect-error Files have no such property.
    expect(file.secret).toBeUndefined();
  });

  it(
    'FIO-004: has the same properties, and stable methods that pass on arguments, results and errors',
    inFolder(async () => {
      const memory = new Memory();
      await using file = wrapFile(memory);
      const { write } = file;
      expect(file.write).toBe(write);
      expect(await file.write('a\n', 'b\n')).toBe(4);
      expect(memory.calls).toEqual([['a\n', 'b\n']]);
      await expect(file.read()).rejects.toThrow('broken');
      expect(await collect(file)).toEqual(['a', 'b']);
      expect(file.closed).toBe(false);
      await file.close();
      expect([file.closed, memory.closed, file.name]).toEqual([true, true, 'memory']);
    }),
  );

  it(
    'makes each method a checkpoint, and closes even in a cancelled scope',
    inFolder(async () => {
      const memory = new Memory();
      const file = wrapFile(memory);
      const outcomes = await new CancelScope().run(async (scope) => {
        scope.cancel();
        const writing = await file.write('x').catch(isCancelled);
        return [writing, await file.close().catch(isCancelled)];
      });
      expect(outcomes).toEqual([true, true]);
      expect([memory.text, memory.closed]).toEqual(['', true]);
    }),
  );

  it(
    'wraps a FileHandle and a descriptor, and closes them',
    inFolder(async (folder) => {
      const path = folder.join('x').toString();
      writeFileSync(path, 'one\ntwo\n');
      const handle = await open(path, 'r+');
      {
        await using file = wrapFile(handle, 'r+');
        expect(file).toBeInstanceOf(TextFile);
        expect(await file.readLine()).toBe('one');
        await expect(file.tell()).rejects.toThrow(StateError);
        await file.seek(4);
        await file.write('TWO');
        expect(await file.tell()).toBe(7);
      }
      expect(handle.fd).toBe(-1);
      expect(readFileSync(path, 'utf8')).toBe('one\nTWO\n');
      await using file = wrapFile(openSync(path, 'r'), 'rb', { position: 0, name: 'mine' });
      expect(file).toBeInstanceOf(BinaryFile);
      expect([file.name, (await file.read(4)).length, await file.tell()]).toEqual(['mine', 4, 4]);
      expect(() => wrapFile(1, 'q' as 'r')).toThrow(RangeError);
    }),
  );
});
