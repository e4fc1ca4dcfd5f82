import { expect, it } from '@jest/globals';
import { LineSplitter } from '../../src/logs/line-splitter.ts';

function split(...chunks: (string | Uint8Array)[]): string[] {
  const splitter = new LineSplitter();
  const lines = chunks.flatMap((chunk) => splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
  return [...lines, ...splitter.end()];
}

it('lines may begin and end anywhere in the chunks', () => {
  expect(split('on', 'e\ntw', 'o\n\nthr', 'ee')).toEqual(['one', 'two', '', 'three']);
});

it('a file that ends with a newline has no empty line behind it', () => {
  expect(split('one\n')).toEqual(['one']);
  expect(split()).toEqual([]);
});

it('a character that two chunks share is whole', () => {
  const bytes = Buffer.from('a ü b\n');
  expect(split(bytes.subarray(0, 3), bytes.subarray(3))).toEqual(['a ü b']);
});

it('bytes that are no text do no harm', () => {
  expect(split(Uint8Array.of(0x61, 0xff, 0x0a, 0xc3))).toEqual(['a\uFFFD', '\uFFFD']);
});

it('carriage returns at the end of a line belong to it', () => {
  expect(split('one\r', '\ntwo\r\n')).toEqual(['one', 'two']);
});

it('a line without end is shown in pieces, and none of it is lost', () => {
  const lines = split('x'.repeat(20_000), 'y'.repeat(20_000));
  expect(lines.join('')).toBe('x'.repeat(20_000) + 'y'.repeat(20_000));
  expect(Math.max(...lines.map((line) => line.length))).toBe(8_192);
});
