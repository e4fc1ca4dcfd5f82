import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { openFile, writeAtomic } from '@tercet/fs';
import { inFolder } from '../support/in-folder.ts';

const HALVES = ['a\ud800b', 'a\udc00', '\ud83d', '\ude00\ud83d', 'x\udcff'];

describe('text with half of a surrogate pair', () => {
  it(
    'I-24: is refused by every method that writes text, and nothing is written',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await path.writeText('old');
      for (const encoding of ['utf-8', 'utf-16le', 'latin1', 'ascii']) {
        for (const text of HALVES) {
          for (const attempt of [
            () => path.writeText(text, { encoding }),
            () => path.appendText(text, { encoding }),
            () => writeAtomic(path, text, { encoding }),
            async () => path.writeTextSync(text, { encoding }),
            async () => {
              await using file = await openFile(path, 'r+', { encoding });
              await file.write(text);
            },
          ]) {
            await expect(attempt()).rejects.toThrow(TypeError);
          }
        }
      }
      expect(readFileSync(path.toString(), 'utf8')).toBe('old');
    }),
  );

  it(
    'I-24: is named in the error with its index, while whole pairs are written unchanged',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await expect(path.writeText('😀\ud83d')).rejects.toThrow(
        'the text has half of a surrogate pair, U+D83D, that utf-8 cannot encode, at index 2',
      );
      await expect(path.writeText('a\u00e9', { encoding: 'ascii' })).rejects.toThrow('a character, U+00E9, that ascii');
      for (const encoding of ['utf-8', 'utf-16le']) {
        await path.writeText('😀\uffff', { encoding });
        expect(await path.readText({ encoding })).toBe('😀\uffff');
      }
      await using file = await openFile(path, 'w');
      await expect(file.write('\ud83d')).rejects.toThrow('half of a surrogate pair');
      await file.write('😀');
      await file.close();
      expect(readFileSync(path.toString(), 'utf8')).toBe('😀');
    }),
  );
});
